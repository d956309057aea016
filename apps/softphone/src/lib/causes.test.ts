// @vitest-environment node
import { describe, expect, it } from 'vitest';
import type { CallSnapshot } from '@offhook/react';
import { phoneTexts } from '../texts/phone.ts';
import { explainEnding as explain } from './causes.ts';

function ended(part: Partial<CallSnapshot>): CallSnapshot {
  return {
    direction: 'outbound',
    cause: 'NORMAL_CLEARING',
    startedAt: null,
    endedBy: 'remote',
    ...part,
  } as CallSnapshot;
}

function explainEnding(call: CallSnapshot) {
  const { outcome, id } = explain(call);
  const { title, advice } = phoneTexts.en.endings[id];
  return { outcome, text: title, advice };
}

describe('the end of a call, in words', () => {
  it.each([
    ['USER_BUSY', 'Busy'],
    ['CALL_REJECTED', 'Declined'],
    ['NO_ANSWER', 'No answer'],
    ['UNALLOCATED_NUMBER', 'No such number'],
    ['SUBSCRIBER_ABSENT', 'Not signed in'],
    ['A_CAUSE_NOBODY_KNOWS', 'Call failed'],
  ])('an outbound call with %s: %s, with something to do', (cause, text) => {
    const ending = explainEnding(ended({ cause }));
    expect(ending).toMatchObject({ outcome: 'failed', text });
    expect(ending.advice).not.toBe('');
  });

  it('an answered call just ended, whoever hung up', () => {
    expect(explainEnding(ended({ startedAt: 1 }))).toMatchObject({ outcome: 'answered' });
    expect(explainEnding(ended({ startedAt: 1, direction: 'inbound' }))).toMatchObject({
      text: 'Call ended',
      advice: '',
    });
  });

  it('an answered call that broke says so', () => {
    const ending = explainEnding(ended({ startedAt: 1, cause: 'RECOVERY_ON_TIMER_EXPIRE' }));
    expect(ending).toMatchObject({ outcome: 'failed', text: 'Connection lost' });
  });

  it('an inbound call was declined here, missed, or answered elsewhere', () => {
    const inbound = (part: Partial<CallSnapshot>) =>
      explainEnding(ended({ direction: 'inbound', ...part })).outcome;
    expect(inbound({ cause: 'CALL_REJECTED', endedBy: 'local' })).toBe('declined');
    expect(inbound({ cause: 'ORIGINATOR_CANCEL' })).toBe('missed');
    expect(inbound({ cause: 'LOSE_RACE' })).toBe('elsewhere');
  });

  it('an outbound call that its own user gave up is no failure', () => {
    expect(explainEnding(ended({ cause: 'USER_BUSY', endedBy: 'local' })).outcome).toBe(
      'cancelled',
    );
    expect(explainEnding(ended({ cause: 'USER_BUSY', endedBy: 'remote' })).outcome).toBe('failed');
  });
});
