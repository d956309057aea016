import type { SipRequest, SipResponse } from '../packages/gateway/src/sip/core/message.ts';
import { phoneSdp, SipPeer } from '../packages/gateway/src/sip/testing/sip-peer.ts';
import { expect, PHONE_HZ, phoneHears, test } from './lib/sip-test.ts';

/** What a trunk may have at once by itself. */
const CALLS_AT_ONCE = 30;
const WAVES = 10;
const WAVE = 40;

test('a trunk that sends more calls than it may have is told when to come again, and a call that stands is heard throughout', async ({
  party,
  network,
  gateway,
}) => {
  const { phone, gatewayPort: port } = network;
  const flood = await SipPeer.open();
  await expect.poll(() => gateway.metric('offhook_calls')).toBe(0);
  const ann = await party('1001');
  const call = await ann.dial('2001');
  await call.reaches('active');
  const heard = () => Promise.all([ann.hears(PHONE_HZ), phoneHears(phone, ann.frequency)]);
  await heard();

  const taken: SipResponse[] = [];
  const refused: SipResponse[] = [];
  for (let wave = 0; wave < WAVES; wave += 1) {
    const sent = new Map<string, SipRequest>();
    for (let each = 0; each < WAVE; each += 1) {
      const callId = `flood-${String(wave)}-${String(each)}`;
      const body = phoneSdp();
      sent.set(callId, flood.ask(port, 'INVITE', 'sip:9196@gateway', { callId, body }));
    }
    while (sent.size > 0) {
      const response = await flood.response('INVITE');
      const callId = response.headers.get('Call-ID') ?? '';
      const invite = sent.get(callId);
      // One that was answered before its ACK came is answered again.
      if (invite) {
        sent.delete(callId);
        flood.acknowledge(port, invite, response);
        (response.status === 200 ? taken : refused).push(response);
      }
    }
    await heard();
  }
  expect(new Set(taken.map(({ status }) => status))).toEqual(new Set([200]));
  expect(taken).toHaveLength(CALLS_AT_ONCE - 1);
  expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([503]));
  expect(refused).toHaveLength(WAVES * WAVE - taken.length);
  for (const { headers } of refused) {
    expect(Number(headers.get('Retry-After'))).toBeGreaterThan(0);
  }

  // Whoever is let go makes room for the next one.
  for (const response of taken) {
    await hangUp(flood, port, response);
  }
  const again = flood.ask(port, 'INVITE', 'sip:9196@gateway', {
    callId: 'again',
    body: phoneSdp(),
  });
  let answer = await flood.response('INVITE');
  while (answer.headers.get('Call-ID') !== 'again') {
    answer = await flood.response('INVITE');
  }
  expect(answer.status).toBe(200);
  flood.acknowledge(port, again, answer);
  await hangUp(flood, port, answer);

  const since = phone.events.length;
  await call.hangup();
  await phone.told('CALL_CLOSED', since);
  flood.close();
});

/** Ends a call that was answered so. */
async function hangUp(peer: SipPeer, port: number, { headers }: SipResponse): Promise<void> {
  const uri = /<([^>]+)>/.exec(headers.get('Contact') ?? '')?.[1] ?? '';
  const to = headers.get('To') ?? '';
  peer.ask(port, 'BYE', uri, { callId: headers.get('Call-ID') ?? '', sequence: 2, to });
  expect((await peer.response('BYE')).status).toBe(200);
}
