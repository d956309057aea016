import type { Assistant, Script, Tool } from '../../definition.ts';

/** The booking of the demo: all that the embedded assistant can do, and says that it can. */
export const DEMO_SCRIPT: Script = {
  fallback:
    'I did not understand that. I am a small offline assistant. Say, or type: book a table. Or press 1. Say: help, for what I know.',
  deaf: 'I hear that you speak, but on this machine I cannot understand words. Please type, or press 1 to book a table.',
  intents: [
    {
      name: 'book',
      phrases: [
        'book a table',
        'book',
        'a table',
        'reserve a table',
        'make a booking',
        'reservation',
      ],
      digit: '1',
      form: true,
    },
    {
      name: 'hours',
      phrases: ['opening hours', 'when are you open', 'when do you open', 'are you open'],
      digit: '2',
      say: 'The restaurant is open every day from noon until ten in the evening. Shall I book a table?',
    },
    {
      name: 'who',
      phrases: ['who are you', 'what are you', 'are you a robot', 'are you human'],
      say: 'I am the offline assistant of this demo. There is no language model behind me: I follow a script, and everything runs on this machine.',
    },
    {
      name: 'help',
      phrases: ['help', 'what can you do', 'what can i say'],
      digit: '0',
      say: 'You can say: book a table. Or: when are you open. Or: who are you. Good bye ends the call. You may interrupt me at any time.',
    },
    {
      name: 'bye',
      phrases: ['goodbye', 'good bye', 'bye', 'hang up'],
      digit: '9',
      say: 'Good bye.',
      end: true,
    },
    {
      name: 'hello',
      phrases: ['hello', 'hi', 'good morning'],
      say: 'Hello! Shall I book a table?',
    },
    { name: 'yes', phrases: ['yes', 'yes please'], form: true },
  ],
  form: {
    tool: 'fill_booking',
    slots: [
      {
        name: 'people',
        kind: 'number',
        ask: 'For how many people?',
        min: 1,
        max: 12,
        known: [],
      },
      {
        name: 'date',
        kind: 'date',
        ask: 'On which day? For example: tomorrow, or Friday.',
        known: [],
      },
      {
        name: 'name',
        kind: 'text',
        ask: 'And what is the name? You may type it.',
        known: ['Alice', 'Anna', 'Bob', 'David', 'Emma', 'James', 'John', 'Maria', 'Mary', 'Tom'],
      },
    ],
    confirm: 'A table for {people} on {date}, in the name of {name}. Is that right?',
    done: 'It is booked. Thank you! Is there anything else?',
    failed: 'The form on the page did not take that.',
    again: 'All right, I forget it. Say: book a table, to begin again.',
  },
};

/** The client-side tool of the demo; docs/protocol-extensions.md describes it for pages. */
const FILL_BOOKING: Tool = {
  name: 'fill_booking',
  description: 'Writes what is known of a booking into the form on the page of the caller.',
  parameters: {
    type: 'object',
    properties: {
      name: { type: 'string', maxLength: 80, description: 'Who the booking is for' },
      date: { type: 'string', format: 'date', description: 'YYYY-MM-DD' },
      people: { type: 'integer', minimum: 1, maximum: 12 },
      confirmed: { type: 'boolean', description: 'The caller confirmed the booking' },
    },
    additionalProperties: false,
    minProperties: 1,
  },
  run: 'page',
};

export const DEMO_ASSISTANT: Assistant = {
  id: 'demo',
  name: 'Demo assistant',
  anonymous: true,
  origins: [],
  numbers: ['9198'],
  transcripts: true,
  limits: { calls: 20, minutes: 15, callsPerMinute: 600, callsPerAddressPerMinute: 300 },
  versions: [
    {
      version: '1',
      greeting:
        'Hello! I am the offline assistant of this demo. I can book a table for you. Say, or type: book a table. You may interrupt me.',
      instructions: '',
      engine: { kind: 'local' },
      tools: [FILL_BOOKING],
      toolSeconds: 20,
      bargeIn: true,
      pauseMs: 600,
    },
  ],
};
