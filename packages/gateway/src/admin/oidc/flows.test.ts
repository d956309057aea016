import { describe, expect, it } from 'vitest';
import { configFrom } from '../../config.ts';
import { checkOidc } from '../../doctor/oidc.ts';
import { CLIENT, FalseProvider, PUBLIC } from '../testing/oidc.ts';
import { FLOW_SECONDS, Flows } from './flows.ts';

const flow = (state: string) => ({
  secrets: { state, nonce: 'n', verifier: 'v' },
  returnTo: '/quality',
});

describe('sign-ins under way', () => {
  it('are forgotten after their time, and the oldest when there are too many', () => {
    let now = 0;
    const flows = new Flows(() => now);
    const first = flows.begin(flow('first'));
    const second = flows.begin(flow('second'));
    for (let turn = 0; turn < 999; turn += 1) {
      flows.begin(flow(`more-${String(turn)}`));
    }
    expect(flows.take('first', first)).toBeNull();
    now = FLOW_SECONDS * 1000 - 1;
    expect(flows.take('second', 'of another browser')).toBeNull();
    expect(flows.take('second', second)).toMatchObject({ returnTo: '/quality' });
    expect(flows.take('second', second)).toBeNull();
    const late = flows.begin(flow('late'));
    now *= 2;
    now += 1;
    expect(flows.take('late', late)).toBeNull();
  });
});

const configured = (issuer: string, publicUrl?: string, more: object = {}) =>
  configFrom({
    ...(publicUrl === undefined ? {} : { publicUrl }),
    admin: { oidc: { issuer, ...CLIENT, claim: 'groups', values: ['owners'], ...more } },
  });

describe('the settings of an OpenID provider', () => {
  it('need https, the address of this gateway, and who is an administrator', () => {
    const issuer = 'https://login.example.com';
    expect(() => configured(issuer, 'https://phone.example.com')).not.toThrow();
    expect(() => configured('http://127.0.0.1:9', PUBLIC)).not.toThrow();
    expect(() => configured(issuer)).toThrow(/publicUrl: is missing/);
    expect(() => configured(issuer, 'http://phone.example.com')).toThrow(/publicUrl: must be/);
    expect(() => configured('http://login.example.com', PUBLIC)).toThrow(
      /issuer: must be an https/,
    );
    expect(() => configured(`${issuer}/?a=b`, PUBLIC)).toThrow(/without a query/);
    expect(() => configured(issuer, PUBLIC, { values: [] })).toThrow(/values: must not be empty/);
    expect(() => configured(issuer, PUBLIC, { scopes: ['email'] })).toThrow(/must hold openid/);
    expect(() => configured(issuer, PUBLIC, { clientSecret: '' })).toThrow(/must not be empty/);
  });

  it('are looked at by the doctor', async () => {
    const provider = await FalseProvider.start();
    try {
      const config = configured(provider.issuer, PUBLIC);
      expect(await checkOidc(config)).toMatchObject({ level: 'OK' });
      provider.down = true;
      expect(await checkOidc(config)).toMatchObject({
        level: 'FAIL',
        message: expect.stringContaining(provider.issuer),
      });
      expect(await checkOidc(configFrom({}))).toBeNull();
    } finally {
      await provider.close();
    }
  });
});
