import { expect, test } from 'vitest';
import { Dialogue, type Move } from './dialogue.ts';
import { promptsOf } from './create.ts';
import { DEMO_ASSISTANT, DEMO_SCRIPT } from './demo-script.ts';
import { RenderedPrompts } from './rendered-prompts.ts';
import { parseSlot } from './slots.ts';
import { readWav } from './wav.ts';

/** A Wednesday. */
const TODAY = new Date(2026, 10, 25);
const dialogue = (): Dialogue => new Dialogue(DEMO_SCRIPT, () => TODAY);
const said = (moves: readonly Move[]): string =>
  moves.flatMap((move) => (move.kind === 'say' ? move.text : [])).join(' ');
const filled = (moves: readonly Move[]): unknown =>
  moves.flatMap((move) => (move.kind === 'tool' ? move.args : [])).at(-1);

test('a booking is taken step by step, and each step fills the form', () => {
  const talk = dialogue();
  expect(said(talk.hear('Book a table, please!'))).toContain('how many people');
  const people = talk.hear('four');
  expect(filled(people)).toEqual({ people: 4 });
  expect(said(people)).toContain('which day');
  expect(filled(talk.hear('on friday'))).toEqual({ people: 4, date: '2026-11-27' });
  const name = talk.hear('My name is Ada Lovelace.');
  expect(filled(name)).toEqual({ people: 4, date: '2026-11-27', name: 'Ada Lovelace' });
  expect(said(name)).toContain('4 on Friday, November 27, in the name of Ada Lovelace');
  expect(filled(talk.hear('yes'))).toMatchObject({ name: 'Ada Lovelace', confirmed: true });
});

test('everything in one sentence is understood at once', () => {
  const talk = dialogue();
  const moves = talk.hear('Book a table for two people tomorrow');
  expect(filled(moves)).toEqual({ people: 2, date: '2026-11-26' });
  expect(said(moves)).toContain('name');
});

test('keys do for speech: 1 books, digits count people, 1 confirms', () => {
  const talk = dialogue();
  talk.digits('1');
  expect(filled(talk.digits('3'))).toEqual({ people: 3 });
  talk.hear('2026-12-24');
  talk.hear('Bob');
  expect(filled(talk.digits('1'))).toMatchObject({ people: 3, name: 'Bob', confirmed: true });
});

test('a booking can be taken back, and what is not understood is said so', () => {
  const talk = dialogue();
  talk.hear('book a table');
  expect(said(talk.hear('cancel'))).toContain('forget');
  expect(said(talk.hear('sing me a song'))).toBe(DEMO_SCRIPT.fallback);
  talk.hear('book a table for two tomorrow in the name of Tom');
  expect(said(talk.hear('no, that is wrong'))).toContain('forget');
});

test('another question in the middle is answered, and the booking goes on', () => {
  const talk = dialogue();
  talk.hear('book a table');
  expect(said(talk.hear('when are you open'))).toContain('noon');
  expect(filled(talk.hear('for five'))).toEqual({ people: 5 });
});

test('good bye hangs up', () => {
  expect(dialogue().hear('good bye').at(-1)).toEqual({ kind: 'hangup' });
});

test.each([
  ['today', '2026-11-25'],
  ['wednesday', '2026-12-02'],
  ['the 3rd of march', '2027-03-03'],
  ['december 24', '2026-12-24'],
  ['february 30', null],
  ['2026-13-01', null],
])('a date: %s', (text, expected) => {
  const slot = { name: 'date', kind: 'date' as const, ask: '', known: [] };
  expect(parseSlot(slot, text, text, true, TODAY)).toBe(expected);
});

test.each(['0', '13', '99'])('%s is no number of people', (text) => {
  const slot = { name: 'people', kind: 'number' as const, ask: '', min: 1, max: 12, known: [] };
  expect(parseSlot(slot, text, text, true, TODAY)).toBeNull();
});

test('every fixed sentence of the demo is rendered for machines that cannot speak', async () => {
  const rendered = new RenderedPrompts();
  const instead = await rendered.speak('something that nobody rendered');
  expect(instead.pcm.length).toBeGreaterThan(4000);
  for (const text of promptsOf(DEMO_SCRIPT, DEMO_ASSISTANT.versions[0]?.greeting ?? '')) {
    // Run scripts/make-prompts.mjs when this fails.
    expect((await rendered.speak(text)).pcm, text).not.toEqual(instead.pcm);
  }
});

test.each([
  ['no RIFF', Buffer.from('hello')],
  ['no samples', Buffer.from('RIFF    WAVE')],
])('a WAV file with %s is refused', (_, file) => {
  expect(() => readWav(file)).toThrow('WAV');
});
