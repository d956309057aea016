import { expect, it } from 'vitest';
import { causeOfSip, q850Of, sipStatusFor } from './sip-status.ts';

it.each([
  [486, undefined, 'USER_BUSY'],
  [404, undefined, 'UNALLOCATED_NUMBER'],
  [480, undefined, 'NO_USER_RESPONSE'],
  [480, 20, 'SUBSCRIBER_ABSENT'],
  [503, 38, 'NETWORK_OUT_OF_ORDER'],
  [480, 142, 'NO_USER_RESPONSE'],
  [499, undefined, 'INTERWORKING'],
  [599, undefined, 'NORMAL_TEMPORARY_FAILURE'],
  [699, undefined, 'CALL_REJECTED'],
  [305, undefined, 'REDIRECTION_TO_NEW_DESTINATION'],
] as const)('SIP %s with Q.850 %s means %s', (status, q850, cause) => {
  expect(causeOfSip(status, q850)).toBe(cause);
});

it('a status that a cause is told by comes back as a cause of the same status', () => {
  for (const cause of [
    'USER_BUSY',
    'UNALLOCATED_NUMBER',
    'INCOMPATIBLE_DESTINATION',
    'CALL_REJECTED',
    'ORIGINATOR_CANCEL',
  ] as const) {
    expect(causeOfSip(sipStatusFor(cause)?.code ?? 0)).toBe(cause);
  }
});

it.each([
  ['NORMAL_CLEARING', 16],
  ['USER_BUSY', 17],
  ['LOSE_RACE', 16],
  ['ORIGINATOR_CANCEL', 16],
  ['MEDIA_TIMEOUT', 127],
] as const)('%s is told to a network as %s', (cause, code) => {
  expect(q850Of(cause)).toBe(code);
});
