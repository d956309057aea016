import { expect, it } from 'vitest';
import { describeSessions, describeSignedOut } from './report-text.ts';

it('shows phones beside the sessions of browsers, and what was ended of a user', () => {
  const now = Date.parse('2026-01-01T00:10:00Z');
  const phone = {
    user: 'ann',
    device: 'desk',
    contact: 'sip:ann@192.0.2.7',
    transport: 'TLS',
    address: '192.0.2.7:5061',
    userAgent: 'Desk/1',
    since: '2026-01-01T00:00:00Z',
    expiresSeconds: 300,
    reachable: null,
  };
  const text = describeSessions({ now, sessions: [], phones: [phone] });
  expect(text).toMatch(/ann +desk +192\.0\.2\.7:5061 +10 min +Desk\/1, TLS +phone/);
  expect(text).toMatch(/0 session\(s\), 1 phone\(s\)$/);
  expect(describeSessions({ now, sessions: [], phones: [] })).toMatch(/\n0 session\(s\)$/);
  expect(describeSignedOut('ann', { sessions: 1, phones: 2, calls: 1 })).toBe(
    'Ended 1 session(s), 2 phone(s), 1 call(s) of phones or by trunk of ann',
  );
});
