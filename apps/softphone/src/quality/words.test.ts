import { expect, it } from 'vitest';
import { isOrderly, wordsOf } from './words.ts';

const { callee: calleeText, ending: endingText, person: personText, ...words } = wordsOf('en');
const german = wordsOf('de');

const names = { ann: 'Ann Example', ben: 'Ben', 'assistant:desk': 'Front desk' };
const call = {
  caller: 'ann',
  callerNumber: 'ann',
  callee: 'ben',
  destination: 'ben',
  service: null,
  answeredAt: null,
  cause: 'NO_ANSWER',
};
const assisted = { ...call, callee: null, destination: '', service: 'assistant:desk' };

it('people are called by their names, visitors are visitors, and others are numbers', () => {
  expect(personText('ann', names)).toBe('Ann Example');
  expect(personText('guest:0a1b', names)).toBe('Visitor');
  expect(personText('sip:+15550100@trunk.example', names)).toBe('+15550100');
  expect(personText('constructor', names)).toBe('constructor');
  expect(calleeText(assisted, names)).toBe('Front desk');
  expect(calleeText(assisted)).toBe('desk');
});

it.each([
  ['NO_ANSWER', 'Ben did not answer'],
  ['USER_BUSY', 'Ben was busy'],
  ['CALL_REJECTED', 'Ben declined'],
  ['SUBSCRIBER_ABSENT', 'Ben was not signed in'],
  ['ORIGINATOR_CANCEL', 'Ann Example gave up before the answer'],
  ['MANAGER_REQUEST', 'An administrator ended it'],
  ['SWITCH_CONGESTION', 'Switch congestion'],
])('%s is said as: %s', (cause, text) => {
  expect(endingText({ ...call, cause }, names)).toBe(text);
});

it('an engine that fails is the assistant that failed', () => {
  const cause = 'NORMAL_TEMPORARY_FAILURE';
  expect(endingText({ ...assisted, cause }, names)).toBe('Front desk failed');
  expect(endingText({ ...call, cause }, names)).toBe('It failed at the gateway');
});

it.each([
  [null, true],
  ['NORMAL_CLEARING', true],
  ['BLIND_TRANSFER', true],
  ['ATTENDED_TRANSFER', true],
  ['MEDIA_TIMEOUT', false],
])('nobody has to look into %s: %s', (cause, orderly) => {
  expect(isOrderly(cause)).toBe(orderly);
});

it('numbers and endings are said in the language of the page', () => {
  expect([words.mos(4.2), german.mos(4.2)]).toEqual(['4.20', '4,20']);
  expect([words.since(1234), german.since(-1234)]).toEqual(['1.234 s', '−1,234 s']);
  expect([words.since(125_000), words.mos(null), words.cause(null)]).toEqual(['2:05', '–', '–']);
  expect(german.ending(call, names)).toBe('Ben hat nicht geantwortet');
  expect(german.person('guest:0a1b')).toBe('Besucher');
  expect(german.cause('USER_BUSY')).toBe('Besetzt');
  expect(german.cause('toString')).toBe('Tostring');
});
