import { describe, expect, it } from 'vitest';
import { endingOf } from './endings.ts';
import { phoneTexts, problemText } from './texts.ts';

describe('How a call ended, as the person sees it', () => {
  it.each([
    ['NORMAL_CLEARING', 'remote', 'outbound', true, 'ended'],
    ['MEDIA_TIMEOUT', 'local', 'outbound', true, 'lost'],
    ['USER_BUSY', 'remote', 'outbound', false, 'busy'],
    ['USER_BUSY', 'local', 'outbound', false, 'cancelled'],
    ['CALL_REJECTED', 'remote', 'outbound', false, 'rejected'],
    ['NO_ANSWER', 'remote', 'outbound', false, 'noAnswer'],
    ['UNALLOCATED_NUMBER', 'remote', 'outbound', false, 'noSuchNumber'],
    ['SUBSCRIBER_ABSENT', 'remote', 'outbound', false, 'absent'],
    ['SOMETHING_NEW', 'remote', 'outbound', false, 'failed'],
    ['ORIGINATOR_CANCEL', 'remote', 'inbound', false, 'missed'],
    ['CALL_REJECTED', 'local', 'inbound', false, 'declined'],
    ['LOSE_RACE', 'remote', 'inbound', false, 'elsewhere'],
  ] as const)(
    '%s by the %s side, %s, answered %s: %s',
    (cause, side, direction, answered, ending) => {
      expect(endingOf({ cause, side }, direction, answered)).toBe(ending);
    },
  );
});

describe('The texts', () => {
  it('are those of the first language that there is, and the page’s own go above them', () => {
    expect(phoneTexts(['xx', 'de-AT', 'en']).end).toBe('Auflegen');
    expect(phoneTexts([null, '', 'constructor']).end).toBe('End');
    const own = phoneTexts(['en'], { end: 'Stop', problems: { failed: 'Oh' } });
    expect(own).toMatchObject({ end: 'Stop', call: 'Call' });
    expect(problemText(own, 'toString')).toBe('Oh');
    expect(problemText(own, 46001)).toBe('The sign-in was refused.');
  });
});
