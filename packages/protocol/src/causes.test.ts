import { describe, expect, it } from 'vitest';
import {
  CALL_STATES,
  type Cause,
  causeCode,
  causeName,
  causeOf,
  CAUSES,
  GATEWAY_STATES,
  isGatewayState,
  sipStatusFor,
} from './index.ts';

describe('causes', () => {
  it('have one name a code and one code a name', () => {
    const names = Object.keys(CAUSES) as Cause[];
    expect(new Set(Object.values(CAUSES)).size).toBe(names.length);
    for (const name of names) {
      expect(causeName(CAUSES[name])).toBe(name);
    }
    for (const name of names) {
      expect(causeCode(name)).toBe(CAUSES[name]);
    }
  });

  it.each([
    ['UNALLOCATED_NUMBER', 1],
    ['NO_ROUTE_DESTINATION', 3],
    ['NORMAL_CLEARING', 16],
    ['USER_BUSY', 17],
    ['NO_USER_RESPONSE', 18],
    ['NO_ANSWER', 19],
    ['CALL_REJECTED', 21],
    ['DESTINATION_OUT_OF_ORDER', 27],
    ['NORMAL_CIRCUIT_CONGESTION', 34],
    ['NORMAL_TEMPORARY_FAILURE', 41],
    ['INCOMPATIBLE_DESTINATION', 88],
    ['MANDATORY_IE_MISSING', 96],
    ['RECOVERY_ON_TIMER_EXPIRE', 102],
    ['ORIGINATOR_CANCEL', 487],
    ['LOSE_RACE', 502],
  ])('%s is %i', (name, code) => {
    expect(causeCode(name)).toBe(code);
  });

  it("of FreeSWITCH's own are known in both of its numberings", () => {
    expect(causeName(702)).toBe('LOSE_RACE');
    expect(causeName(806)).toBe('USER_NOT_REGISTERED');
    expect(causeName(999)).toBeUndefined();
    expect(causeCode('toString')).toBeUndefined();
  });

  it('come from the name of a bye before its code', () => {
    expect(causeOf('USER_BUSY', 16)).toBe('USER_BUSY');
    expect(causeOf('SOMETHING_NEW', 21)).toBe('CALL_REJECTED');
    expect(causeOf(undefined, undefined)).toBe('NORMAL_CLEARING');
  });
});

describe('sipStatusFor', () => {
  it.each<[Cause | number, number]>([
    ['USER_BUSY', 486],
    ['CALL_REJECTED', 603],
    ['UNALLOCATED_NUMBER', 404],
    ['NO_ANSWER', 480],
    ['ORIGINATOR_CANCEL', 487],
    ['INCOMPATIBLE_DESTINATION', 488],
    [41, 503],
    [12_345, 480],
  ])('says of %s: %i', (cause, code) => {
    expect(sipStatusFor(cause)?.code).toBe(code);
  });

  it('has nothing to say where nothing failed', () => {
    expect(sipStatusFor('NORMAL_CLEARING')).toBeUndefined();
    expect(sipStatusFor('LOSE_RACE')).toBeUndefined();
  });
});

describe('states', () => {
  it('of a gateway are ten', () => {
    expect(GATEWAY_STATES).toHaveLength(10);
    expect(isGatewayState('REGED')).toBe(true);
    expect(isGatewayState('DOWN')).toBe(false);
  });

  it('of a call are ordered, so that what comes before active is lower', () => {
    expect(CALL_STATES.ringing).toBeLessThan(CALL_STATES.active);
    expect(CALL_STATES.early).toBeLessThan(CALL_STATES.active);
    expect(CALL_STATES.purge).toBeGreaterThan(CALL_STATES.active);
    expect(Object.values(CALL_STATES)).toEqual([...Array(12).keys()]);
  });
});
