import { SipPeer } from '../packages/gateway/src/sip/testing/sip-peer.ts';
import { Gateway } from './lib/gateway.ts';
import { freePorts } from './lib/ports.ts';
import { eventOf, RtpPeer, type RtpPacket } from './lib/rtp-peer.ts';
import { expect, test as base } from './lib/test.ts';

/** What the trunk wants events as. It sends them as what our offer says (RFC 3264, 5.1 and 6.1). */
const THEIRS = 117;
const NUMBER = '+494011122';
/** Milliseconds of a packet. */
const STEP = 20;

/** A trunk that is a SIP element in the raw. */
const test = base.extend<object, { trunk: SipPeer }>({
  trunk: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the pattern
    async ({}, use) => {
      const trunk = await SipPeer.open();
      await use(trunk);
      trunk.close();
    },
    { scope: 'worker' },
  ],
  gateway: [
    async ({ trunk }, use) => {
      const sip = {
        bind: '127.0.0.1',
        port: await freePorts(1),
        trunks: [{ name: 'raw', servers: [trunk.place], codecs: ['PCMU', 'opus'] }],
        routes: [{ prefix: '', trunk: 'raw' }],
        callers: [{ users: '*', routes: ['+49'] }],
      };
      const gateway = await Gateway.start({ settings: { SIP: JSON.stringify(sip) } });
      await expect.poll(() => gateway.metric('offhook_sip_trunk_up')).toBe(1);
      await use(gateway);
      expect(await gateway.stop(), gateway.logs.slice(-20).join('\n')).toBe('0');
    },
    { scope: 'worker' },
  ],
});

for (const [codec, clock] of [
  ['PCMU', 8_000],
  ['opus', 48_000],
] as const) {
  test(`digits are events in the audio, both ways, by the clock of ${codec} (RFC 4733)`, async ({
    party,
    trunk,
  }) => {
    const rtp = await RtpPeer.open();
    const ann = await party('1001');
    const call = await ann.dial(NUMBER);
    const { request, reply } = await trunk.request('INVITE');
    const ours = offered(request.body, codec, clock);
    const name = codec === 'opus' ? 'opus/48000/2' : 'PCMU/8000';
    const answer = [
      ...['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'],
      `m=audio ${String(rtp.port)} RTP/AVP ${String(ours.codec)} ${String(THEIRS)}`,
      `a=rtpmap:${String(ours.codec)} ${name}`,
      `a=rtpmap:${String(THEIRS)} telephone-event/${String(clock)}`,
      '',
    ];
    reply(200, { body: answer.join('\r\n') });
    await trunk.request('ACK');
    await call.reaches('active');

    await call.invoke('dtmf', '159#');
    const events = (): RtpPacket[] => rtp.heard.filter(({ type }) => type === THEIRS);
    await expect.poll(() => events().filter((each) => eventOf(each).end)).toHaveLength(12);
    const digits = new Map<number, RtpPacket[]>();
    for (const each of events()) {
      digits.set(each.timestamp, [...(digits.get(each.timestamp) ?? []), each]);
    }
    expect([...digits.values()].map(([first]) => first && eventOf(first).code)).toEqual([
      1, 5, 9, 11,
    ]);
    let last = -Infinity;
    for (const [timestamp, packets] of digits) {
      judge(packets, clock);
      // Tone and pause are as long as a person at the far end needs to tell two digits apart (ITU-T Q.24).
      const { duration } = eventOf(packets.at(-1) as RtpPacket);
      expect(duration).toBeGreaterThanOrEqual(0.04 * clock);
      expect(timestamp - last).toBeGreaterThanOrEqual(duration + 0.04 * clock);
      last = timestamp;
    }

    // The third one's ends are lost but for the last, the fourth one's are all lost, and the fifth tells it that the fourth is over.
    const lost = ['', '', 'ab', 'abc', ''];
    for (const [index, digit] of '73320'.split('').entries()) {
      const timestamp = 10_000 + index * 0.3 * clock;
      const event = { code: Number(digit), end: false };
      for (let step = 1; step <= 4; step += 1) {
        const duration = (step * STEP * clock) / 1000;
        rtp.sendEvent(ours.port, ours.events, timestamp, { ...event, duration });
      }
      for (const copy of 'abc') {
        if (lost[index]?.includes(copy) === false) {
          const duration = (5 * STEP * clock) / 1000;
          rtp.sendEvent(ours.port, ours.events, timestamp, { ...event, end: true, duration });
        }
      }
      await expect.poll(() => ann.frames.digits).toBe('73320'.slice(0, index + 1));
    }
    // Whatever comes again of the last one, it is the same digit.
    await ann.page.waitForTimeout(300);
    expect(ann.frames.digits).toBe('73320');

    await call.hangup();
    (await trunk.request('BYE')).reply(200);
    rtp.close();
  });
}

/** The packets of one digit: the first has the marker, durations grow by packets and stop at the end, which is told three times. */
function judge(packets: readonly RtpPacket[], clock: number): void {
  const events = packets.map((packet) => eventOf(packet));
  expect(packets.map(({ marker }) => marker)).toEqual(packets.map((_, index) => index === 0));
  expect(new Set(packets.map(({ sequence }) => sequence)).size).toBe(packets.length);
  expect(events.map(({ end }) => end)).toEqual(
    events.map((_, index) => index >= events.length - 3),
  );
  const step = (STEP * clock) / 1000;
  expect(events.map(({ duration }) => duration)).toEqual(
    events.map((_, index) => step * (Math.min(index, events.length - 3) + 1)),
  );
}

/** Where our offer wants audio, and the numbers that it has for a codec and for events by its clock. */
function offered(
  sdp: string,
  codec: string,
  clock: number,
): { readonly port: number; readonly codec: number; readonly events: number } {
  const number = (like: RegExp): number => Number(like.exec(sdp)?.[1]);
  return {
    port: number(/^m=audio (\d+)/m),
    codec: codec === 'PCMU' ? 0 : number(/^a=rtpmap:(\d+) opus\//im),
    events: number(new RegExp(`^a=rtpmap:(\\d+) telephone-event/${String(clock)}\\b`, 'm')),
  };
}
