import { describe, expect, it } from 'vitest';
import type { DiallingGrant } from '../calls/dialling-grant.ts';
import { explainRoute, statusLines } from '../cli/sip.ts';
import { configFrom } from '../config.ts';
import { normalizeNumber } from './numbers.ts';
import { Permissions } from './permissions.ts';

const { sip } = configFrom({
  sip: {
    trunks: [
      { name: 'main', servers: ['sip.example'] },
      { name: 'far', servers: ['sip.example'], format: 'digits' },
    ],
    dialling: { country: '49', short: ['115'] },
    routes: [
      { prefix: '', trunk: 'main' },
      { prefix: '+1', trunk: 'far', strip: 1, prepend: '9' },
      { prefix: '+1', trunk: 'main' },
    ],
    emergency: ['112'],
    callers: [
      { users: ['ann'], routes: ['+49'], callsAtOnce: 1, minutesADay: 2, callerIds: ['+4930100'] },
      { users: '*', routes: ['+4930'] },
    ],
  },
});
if (!sip) {
  throw new Error('no sip');
}

describe('a dialled number', () => {
  it.each([
    ['030 / 12-34', '+49301234'],
    ['0049 (30) 1234', '+49301234'],
    ['+1 555.0100', '+15550100'],
    ['115', '115'],
    ['112', '112'],
    ['1234', '1234'],
    ['*21#', '*21#'],
    ['ann', null],
    ['', null],
  ])('%s is %s', (dialled, number) => {
    expect(normalizeNumber(dialled, sip.dialling, sip.emergency)).toBe(number);
  });

  it('goes by the longest beginning, rewritten as its trunk wants it', () => {
    expect(explainRoute(sip, '001 555', 'ann')).toEqual([
      '001 555 is +1555',
      'by trunk far as 9555, which has numbers that begin with +1',
      'by trunk main as +1555, which has numbers that begin with +1',
      'by trunk main as +1555, which has every number',
      'ann may not: not_allowed',
    ]);
  });
});

it('a route to a trunk that is none is refused by name', () => {
  const trunks = [{ name: 'main', servers: ['sip.example'] }];
  const routes = [{ prefix: '', trunk: 'mian' }];
  expect(() => configFrom({ sip: { trunks, routes } })).toThrow(/name a trunk that exists/);
});

describe('who may call', () => {
  it('is nobody that no rule names, and then only what its rule has', () => {
    const may = new Permissions(sip, () => 0);
    expect(may.check('ann', '+4940', undefined)).toMatchObject({ ok: true, callerId: '+4930100' });
    expect(may.check('ann', '+1900', undefined)).toMatchObject({ why: 'not_allowed' });
    expect(may.check('bob', '+4930', undefined)).toMatchObject({ ok: true, callerId: undefined });
    expect(may.check('bob', '+4940', undefined)).toMatchObject({ why: 'not_allowed' });
    expect(may.check('bob', '+4930', '+4930100')).toMatchObject({ why: 'caller_id_not_allowed' });
    expect(
      new Permissions({ callers: [], emergency: [] }, () => 0).check('ann', '+49', ''),
    ).toMatchObject({ ok: false });
  });

  it('is counted in calls at once and in minutes a day; help is always called', () => {
    let now = 0;
    const may = new Permissions(sip, () => now);
    const first = may.begin('ann');
    first.talks();
    expect(may.check('ann', '+4940', undefined)).toMatchObject({ why: 'too_many_calls' });
    expect(may.check('ann', '112', undefined)).toMatchObject({ ok: true });
    now += 50_000;
    first.end();
    expect(may.check('ann', '+4940', undefined)).toMatchObject({ ok: true, isLimited: true });
    expect(may.secondsLeft('ann')).toBe(70);
    const others = [may.begin('ann'), may.begin('ann')];
    for (const call of others) {
      call.talks();
    }
    now += 40_000;
    // Both run, and both count.
    expect(may.secondsLeft('ann')).toBe(-10);
    for (const call of others) {
      call.end();
    }
    for (const call of others) {
      call.end();
    }
    expect(may.check('ann', '+4940', undefined)).toMatchObject({ why: 'minutes_used_up' });
    expect(may.check('ann', '112', undefined)).toMatchObject({ ok: true, isLimited: false });
    now = 86_400_000;
    expect(may.check('ann', '+4940', undefined)).toMatchObject({ ok: true, isLimited: true });
    expect(may.secondsLeft('ann')).toBe(120);
  });
});

describe('what a token says of calls outside', () => {
  const ids = ['+4930100', '+4930200'];
  const rule = { users: ['ann'], routes: ['+49'], callsAtOnce: 2, callerIds: ids, minutesADay: 60 };
  const rules = { callers: [rule], emergency: ['112'] };
  const tokens = { routes: ['+49', '+43'], callsAtOnce: 1, callerIds: ids, minutesADay: 30 };
  const narrow = new Permissions(rules, () => 0);
  const standIn = new Permissions({ ...rules, tokens }, () => 0);

  it('narrows the rule that names its user, and never widens it', () => {
    const may = (number: string, grant: DiallingGrant, asked?: string) =>
      narrow.check('ann', number, asked, grant);
    expect(may('+4930', {})).toMatchObject({ ok: true, callerId: '+4930100' });
    expect(may('+4940', { routes: ['+4930'] })).toMatchObject({ why: 'not_allowed' });
    expect(may('+1', { routes: ['', '+1'] })).toMatchObject({ why: 'not_allowed' });
    expect(may('+4930', { routes: [] })).toMatchObject({ why: 'not_allowed' });
    expect(may('112', { routes: [] })).toMatchObject({ ok: true, isLimited: false });
    expect(may('+4930', { callerIds: ['+4930200'] })).toMatchObject({ callerId: '+4930200' });
    expect(may('+4930', { callerIds: ['+4930200'] }, '+4930100')).toMatchObject({
      why: 'caller_id_not_allowed',
    });
    // Numbers of others are not shown, and none of the operator's in their place.
    expect(may('+4930', { callerIds: ['+1900'] })).toMatchObject({ why: 'caller_id_not_allowed' });
    expect(may('+4930', { callerIds: ['+1900'] }, '+1900')).toMatchObject({
      why: 'caller_id_not_allowed',
    });
    expect(narrow.secondsLeft('ann', { minutesADay: 10 })).toBe(600);
    expect(narrow.secondsLeft('ann', { minutesADay: 1_000 })).toBe(3_600);
  });

  it('counts calls of all tokens of a user together, each against its own limit', () => {
    const may = new Permissions(rules, () => 0);
    may.begin('ann');
    expect(may.check('ann', '+49', '', { callsAtOnce: 1 })).toMatchObject({
      why: 'too_many_calls',
    });
    expect(may.check('ann', '+49', '', { callsAtOnce: 1_000 })).toMatchObject({ ok: true });
    may.begin('ann');
    expect(may.check('ann', '+49', '', { callsAtOnce: 1_000 })).toMatchObject({
      why: 'too_many_calls',
    });
  });

  it('stands in for a rule only where the operator lets tokens, within that, and where it names routes', () => {
    const grant = { routes: ['+43', '+1'], callsAtOnce: 50, minutesADay: 1_000 };
    expect(narrow.check('guest', '+43', '', grant)).toMatchObject({ why: 'not_allowed' });
    expect(standIn.check('guest', '+43', '', grant)).toMatchObject({ ok: true, isLimited: true });
    expect(standIn.check('guest', '+1', '', grant)).toMatchObject({ why: 'not_allowed' });
    expect(standIn.check('guest', '+49', '', grant)).toMatchObject({ why: 'not_allowed' });
    expect(standIn.check('guest', '+43', '', {})).toMatchObject({ why: 'not_allowed' });
    expect(standIn.check('guest', '+43', '')).toMatchObject({ why: 'not_allowed' });
    expect(standIn.secondsLeft('guest', grant)).toBe(1_800);
    standIn.begin('guest');
    expect(standIn.check('guest', '+43', '', grant)).toMatchObject({ why: 'too_many_calls' });
    // Whoever has a rule has that, whatever tokens may.
    expect(standIn.check('ann', '+43', '', { routes: ['+43'] })).toMatchObject({
      why: 'not_allowed',
    });
  });
});

describe('offhook sip status', () => {
  it('is a table with a line a trunk: how long it took to answer, or why it did not', () => {
    const trunk = { registered: false, calls: 0, callsAtOnce: 30, since: 0 };
    const states = [
      { ...trunk, name: 'net', state: 'up', server: '192.0.2.1:5060', reason: null, rttMs: 12.4 },
      {
        ...trunk,
        name: 'elsewhere',
        state: 'down',
        server: null,
        reason: 'no answer to OPTIONS',
        rttMs: null,
      },
    ] as const;
    expect(statusLines(states)).toEqual([
      'TRUNK      STATE  SERVER',
      'net        up     192.0.2.1:5060  answered in 12 ms',
      'elsewhere  down   no server       no answer to OPTIONS',
    ]);
  });
});
