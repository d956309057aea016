import { expect, it } from 'vitest';
import { calleeText, endingText, isOrderly, personText } from './words.ts';

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
