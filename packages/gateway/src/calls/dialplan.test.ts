import { describe, expect, it } from 'vitest';
import { route } from './dialplan.ts';

const deps = {
  exists: (user: string) => ['1001', 'ana.b', 'echo', 'émile'].includes(user),
  domains: ['phone.example'],
  services: { echo: ['+44 20 7946 0000'], tone: ['hold-music'] },
};

describe('where a destination leads', () => {
  it.each([
    ['1001', 'user 1001'],
    [' 1001 ', 'user 1001'],
    ['sip:1001@localhost', 'user 1001'],
    ['sips:1001@127.0.0.1:5061;transport=wss', 'user 1001'],
    ['SIP:1001@[::1]:5060', 'user 1001'],
    ['1001@PHONE.example', 'user 1001'],
    ['sip:1001;isub=2@phone.example?subject=x', 'user 1001'],
    ['sip:%C3%A9mile@demo.localhost', 'user émile'],
    ['ana.b', 'user ana.b'],
    ['echo', 'service echo'],
    ['ECHO', 'service echo'],
    ['9196', 'service echo'],
    ['sip:9197@localhost', 'service tone'],
    ['+1-872-231-5806', 'service echo'],
    ['+1 (872) 231.5806', 'service echo'],
    ['sip:+18722315806@phone.example', 'service echo'],
    ['+442079460000', 'service echo'],
    ['Hold-Music', 'service tone'],
    ['442079460000', 'none unknown'],
    ['dtmf', 'service dtmf'],
    ['9185', 'service dtmf'],
    ['4711', 'none unknown'],
    ['', 'none unknown'],
    ['sip:', 'none unknown'],
    ['@phone.example', 'none unknown'],
    ['1001@', 'none unknown'],
    ['sip:%zz@localhost', 'none unknown'],
    ['x'.repeat(300), 'none unknown'],
    ['constructor', 'none unknown'],
    ['sip:1001@elsewhere.example', 'none foreign'],
    ['sip:echo@elsewhere.example', 'none foreign'],
    ['sip:1001@phone.example.evil.test', 'none foreign'],
    ['sip:1001@127.0.0.1.evil.test', 'none foreign'],
  ])('"%s": %s', async (destination, expected) => {
    const to = await route(destination, deps);
    const what = { user: 'user', service: 'service', none: 'why', assistant: 'target' }[to.kind];
    expect(`${to.kind} ${String((to as unknown as Record<string, unknown>)[what])}`).toBe(expected);
  });

  it('waits for nobody when it can say at once, and for the users where they are far', async () => {
    expect(route('1001', deps)).toEqual({ kind: 'user', user: '1001' });
    const far = { ...deps, exists: (user: string) => Promise.resolve(user === '1001') };
    expect(route('echo', far)).toEqual({ kind: 'service', service: 'echo' });
    expect(await route('1001', far)).toEqual({ kind: 'user', user: '1001' });
    expect(await route('1002', far)).toEqual({ kind: 'none', why: 'unknown' });
  });
});
