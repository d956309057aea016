import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';
import { makeCertificate } from '../../http/testing/certificate.ts';
import { fakeSdp } from '../../media/testing/fake-media-plane.ts';
import { dial, hangup } from '../../signaling/testing/fixture.ts';
import { REALM } from '../testing/accounts.ts';
import { SipSetting } from '../testing/setting.ts';
import { phoneSdp } from '../testing/sip-peer.ts';
import { StreamPhone } from '../testing/stream-phone.ts';

async function setting(rest: Record<string, unknown> = {}): Promise<SipSetting> {
  const config = { devices: { realm: REALM }, ...rest };
  const certificate = await makeCertificate(REALM);
  const made = await (await SipSetting.start({}, config, undefined, { certificate })).up();
  made.accounts.add('1001', 'desk', 'secret');
  return made;
}

/** Where pages open WebSockets to the gateway. */
async function door({ sip }: SipSetting): Promise<string> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => 'sip' });
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  server.on('connection', (socket, { socket: { localPort = 0, remotePort = 0 } }) => {
    const end = (port: number) => ({ address: '127.0.0.1', port });
    sip.acceptWeb(socket, 'WS', { local: end(localPort), remote: end(remotePort) });
  });
  return `ws://127.0.0.1:${String((server.address() as AddressInfo).port)}/sip`;
}

describe('a phone on a connection', () => {
  it.each(['TCP', 'TLS', 'WS'] as const)(
    'signs in by %s, is called by it, and is gone with it',
    async (transport) => {
      const made = await setting({ tlsPort: 0 });
      const { fixture, sip } = made;
      const place = { TCP: sip.port, TLS: sip.tlsPort, WS: await door(made) }[transport];
      const phone = await StreamPhone.open(transport, place);
      expect((await phone.register('1001~desk', 'secret')).status).toBe(200);
      expect(sip.registrations).toMatchObject([{ device: 'desk', transport }]);
      const bob = await fixture.register('1002');
      const { callID } = await dial(bob, '1001');
      const { request, reply } = await phone.request('INVITE');
      expect(request.uri).toBe('sip:me@x.invalid;transport=ws');
      expect(request.headers.get('Contact')).toMatch(
        new RegExp(`;transport=${transport.toLowerCase()}>$`),
      );
      reply(200, transport === 'WS' ? fakeSdp('page', 'opus') : phoneSdp('0 101'));
      await bob.next('answer');
      await phone.request('ACK');
      // A page has a browser's audio, a phone has RTP.
      const kinds = [...fixture.media.legs.values()].map(({ isRtp }) => isRtp);
      expect(kinds.includes(true)).toBe(transport !== 'WS');
      await hangup(bob, callID, 'NORMAL_CLEARING', 16);
      (await phone.request('BYE')).reply(200);
      phone.end();
      await expect.poll(() => sip.registrations).toEqual([]);
    },
  );

  it('is answered when it asks whether the connection lives', async () => {
    const made = await setting();
    const phone = await StreamPhone.open('TCP', made.sip.port);
    await phone.register('1001~desk', 'secret');
    phone.send('\r\n\r\n');
    await expect.poll(() => phone.rest).toBe('\r\n');
    const page = await StreamPhone.open('WS', await door(made));
    page.send('\r\n\r\n');
    await expect.poll(() => page.rest).toBe('\r\n');
  });

  it('by TLS gets the renewed certificate', async () => {
    const { sip } = await setting({ tlsPort: 0 });
    const serial = async (): Promise<string> => {
      const socket = connect({ host: '127.0.0.1', port: sip.tlsPort, rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      const { serialNumber } = socket.getPeerCertificate();
      socket.destroy();
      return serialNumber;
    };
    const before = await serial();
    sip.setCertificate(await makeCertificate(REALM));
    expect(await serial()).not.toBe(before);
  });
});
