import { redactText as redactPage } from '../../../../client/src/quality/redact.ts';
import { Dialogue } from '../../../src/assistants/engines/local/dialogue.ts';
import { DEMO_SCRIPT } from '../../../src/assistants/engines/local/demo-script.ts';
import { hideTokens, redact } from '../../../src/logging/redact.ts';
import { browserOf } from '../../../src/reports/browser.ts';
import { scrubText } from '../../../src/reports/scrub.ts';
import type { FuzzTarget } from '../target.ts';

const WORDS = [
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
  '-eyJ',
  'a=ice-pwd:secret',
  '"passwd":"x"',
  '\\"token\\":\\"x\\"',
  '\\',
  '"',
  '": "',
  '192.0.2.1',
  '2001:db8::1',
  'Version/17.1 Safari/605',
  'my name is ',
  '!',
  '\n',
  'book a table',
  'four people',
  '1000',
  'tomorrow',
  'on monday',
  'january 32',
  '2027-02-29',
  'seven in the evening',
  'yes please',
  'no, not right',
  'goodbye',
];

/** A caller says no more before a script is through with it. */
const TURNS = 8;

/** Texts of anyone's that are written down, or that an assistant's script listens to: all that expressions go over. */
export const text: FuzzTarget = {
  name: 'text',
  maxLength: 131_072,
  mutations: [],
  dictionary: WORDS,
  seeds: () => [
    Buffer.from(WORDS.join(' ')),
    ...WORDS.map((word) => Buffer.from(word)),
    Buffer.from('book a table\nfour\ntomorrow\nseven\nann\nno, not right\nbook\nyes'),
    Buffer.from('book\n4\n2027-01-05\n19:30\nmy name is ann\nyes\ngoodbye'),
  ],
  run: (input) => {
    const said = input.toString('utf8');
    const dialogue = new Dialogue(DEMO_SCRIPT);
    return [
      hideTokens(said).length,
      redact({ said }),
      scrubText(said).length,
      browserOf(said),
      redactPage(said, false).length,
      ...said.split('\n', TURNS).map((turn) => dialogue.hear(turn).length),
    ];
  },
  isExpected: () => false,
  budget: { cpuRatio: 30, floor: 16_384, heapBase: 65_536, heapPerByte: 8 },
};
