import { describe, expect, it } from 'vitest';
import { answerNext, dial } from '../signaling/testing/fixture.ts';
import { answerChallenge, chooseChallenge } from './core/digest.ts';
import { SipSetting } from './testing/setting.ts';
import { phoneSdp } from './testing/sip-peer.ts';

describe('who calls by a trunk', () => {
  const callers = async (trunk: Record<string, unknown>) => {
    const { fixture, peer } = await (await SipSetting.start(trunk)).up();
    const ann = await fixture.register('1001');
    const caller_id_name = 'Zoë "Zo"\r\nX-Evil: 1';
    await dial(ann, '+494011122', { dialog: { caller_id_name } });
    const { request, reply } = await peer.request('INVITE');
    reply(486);
    await ann.next('bye');
    const { headers } = request;
    expect(headers.get('X-Evil')).toBeUndefined();
    return ['From', 'P-Asserted-Identity', 'Privacy'].map((name) =>
      headers.get(name)?.replace(/;tag=.*/, ''),
    );
  };
  const shown = '"Zoë \\"Zo\\" X-Evil: 1" <sip:+4930100@net.example>';
  const net = { domain: 'net.example', username: 'acct' };

  it('stands in From', async () => {
    expect(await callers(net)).toEqual([shown, undefined, undefined]);
  });

  it('stands in P-Asserted-Identity, and the account in From, where the trunk wants that', async () => {
    const [from, asserted, privacy] = await callers({ ...net, identity: 'pai' });
    expect(from).toContain('<sip:acct@net.example>');
    expect([asserted, privacy]).toEqual([shown, undefined]);
  });

  it('is for the network alone with privacy', async () => {
    expect(await callers({ ...net, privacy: true })).toEqual([
      '"Anonymous" <sip:anonymous@anonymous.invalid>',
      shown,
      'id',
    ]);
  });
});

describe('a trunk whose calls need a password', () => {
  it('is challenged, and calls with it; a wrong one is refused', async () => {
    const inbound = { username: 'provider', password: 'secret' };
    const { fixture, peer, sip } = await (await SipSetting.start({ inbound })).up();
    const ann = await fixture.register('1001');
    const uri = 'sip:+4930100@gw';
    const call = async (password?: string, sequence = 1) => {
      const body = phoneSdp();
      let headers: [string, string][] = [];
      if (password !== undefined) {
        const invite = peer.ask(sip.port, 'INVITE', uri, { body, sequence });
        const refusal = await peer.response('INVITE');
        peer.acknowledge(sip.port, invite, refusal);
        const challenge = chooseChallenge(refusal.headers.all('Proxy-Authenticate'));
        if (!challenge) {
          throw new Error('no challenge');
        }
        const credentials = { username: 'provider', password };
        const answer = answerChallenge(challenge, credentials, 'INVITE', uri);
        headers = [['Proxy-Authorization', answer]];
      }
      const invite = peer.ask(sip.port, 'INVITE', uri, { body, headers, sequence: sequence + 1 });
      return invite;
    };
    let invite = await call('guess');
    let response = await peer.response('INVITE');
    peer.acknowledge(sip.port, invite, response);
    expect(response.status).toBe(403);
    invite = await call('secret', 5);
    await answerNext(ann);
    response = await peer.response('INVITE');
    peer.acknowledge(sip.port, invite, response);
    expect(response.status).toBe(200);
  });
});
