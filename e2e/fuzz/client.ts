import '../../packages/client/src/calls/call.ts';
import { TelnyxRTC } from '../../packages/client/src/client.ts';
import { settle } from '../../packages/client/src/testing/fake-clock.ts';
import { FakeGateway } from '../../packages/client/src/testing/fake-gateway.ts';
import { fakeSdp } from '../../packages/client/src/testing/fake-peer-connection.ts';
import { FakePlatform } from '../../packages/client/src/testing/fake-platform.ts';
import { FakeWebRtc } from '../../packages/client/src/testing/fake-webrtc.ts';
import { COMMITTED, readCorpus } from '../../packages/gateway/test/fuzz/corpus.ts';
import { jsonMutations } from '../../packages/gateway/test/fuzz/mutate/json.ts';
import {
  inGroups,
  inPackets,
  joinPackets,
  PACKET_MUTATIONS,
  splitPackets,
} from '../../packages/gateway/test/fuzz/mutate/packets.ts';
import type { FuzzTarget } from '../../packages/gateway/test/fuzz/target.ts';
import { WORDS } from '../../packages/gateway/test/fuzz/targets/frames.ts';

type Json = Record<string, unknown>;

/** Stand in inputs for what only the running client knows: its call, and the request that it sent last. */
const CALL = 'OURCALL';
const REQUEST = '"OURREQUEST"';
/** Begins a packet that is no frame but something that the application does. */
const ACT = '!';

/** What a listener, a timer or a promise threw: nobody may see any of it. */
const rejections: unknown[] = [];
process.on('unhandledRejection', (reason) => {
  rejections.push(reason);
});

/** A client in a call, whose gateway answers what it must to get there. */
async function talk() {
  const webrtc = new FakeWebRtc();
  const platform = new FakePlatform({ webrtc });
  const gateway = new FakeGateway(platform);
  gateway.loginExtras = {
    offhook: { v: 1, trickle: true, reattach: true, replace: true, ping: true, ai: true },
  };
  gateway.answers['telnyx_rtc.invite'] = (frame) => {
    const { callID } = (frame['params'] as Json)['dialogParams'] as { callID: string };
    const { socket } = platform;
    queueMicrotask(() => {
      queueMicrotask(() => {
        gateway.send(socket, 'answer', { callID, sdp: fakeSdp() });
      });
    });
    return { message: 'OK' };
  };
  const client = new TelnyxRTC(
    { host: 'wss://gw.test', login: '1', password: 'p', enableCallReports: false, iceServers: [] },
    platform,
  );
  const events = { count: 0 };
  for (const name of ['telnyx.notification', 'telnyx.error', 'telnyx.socket.message'] as const) {
    client.on(name, () => {
      events.count += 1;
    });
  }
  await client.connect();
  const call = client.newCall({ destinationNumber: '1002' });
  for (let turns = 0; turns < 4; turns++) {
    await settle();
  }
  webrtc.peer.connection('connected');
  await settle();
  // From here on the input is the gateway; it keeps the session alive only.
  for (const method of ['modify', 'info', 'bye', 'attach', 'ai_conversation']) {
    gateway.answers[`telnyx_rtc.${method}`] = () => undefined;
  }
  return { client, call, platform, webrtc, events };
}

type Bench = Awaited<ReturnType<typeof talk>>;

const ACTS: Readonly<Record<string, (bench: Bench) => unknown>> = {
  h: ({ call }) => call.hold(),
  u: ({ call }) => call.unhold(),
  d: ({ call }) => {
    call.dtmf('1');
  },
  e: ({ call }) => call.hangup(),
  a: ({ client }) => Object.values(client.calls).at(-1)?.answer(),
  t: ({ platform }) => platform.clock.advance(3_000),
};

async function feed(bench: Bench, packet: Buffer): Promise<void> {
  const text = packet.toString('utf8');
  if (text.startsWith(ACT)) {
    const outcome = ACTS[text[1] ?? '']?.(bench);
    if (text[1] === 't') {
      await outcome;
    } else if (outcome instanceof Promise) {
      outcome.catch(() => undefined);
    }
  } else {
    const { socket } = bench.platform;
    const id = socket.sent.findLast((frame) => typeof frame['method'] === 'string')?.['id'];
    socket.receive(
      text.replaceAll(CALL, bench.call.id).replaceAll(REQUEST, JSON.stringify(id ?? null)),
    );
  }
  await settle();
}

const frame = (method: string, params: Json): Buffer =>
  Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 7, method: `telnyx_rtc.${method}`, params }));
const reply = (result: Json): Buffer =>
  Buffer.from(`{"jsonrpc":"2.0","id":${REQUEST},"result":${JSON.stringify(result)}}`);
const act = (which: string): Buffer => Buffer.from(ACT + which);

/** Frames of a gateway to a client in a call: whatever they say, the client lives, and signs out with nothing left behind. */
export const client: FuzzTarget = {
  name: 'client',
  maxLength: 65_536,
  mutations: [...PACKET_MUTATIONS, ...inPackets(jsonMutations([...WORDS, CALL]))],
  dictionary: [...WORDS, CALL, REQUEST, ...Object.keys(ACTS).map((key) => ACT + key)],
  seeds: () => {
    const each = readCorpus(COMMITTED, 'gateway-frame').map(({ input }) => input);
    const ours = { callID: CALL, dialogParams: { callID: CALL } };
    return [
      ...inGroups(each, 8).map((group) => joinPackets(group)),
      joinPackets([
        act('h'),
        reply({ holdState: 'held' }),
        act('u'),
        reply({ holdState: 'active' }),
      ]),
      joinPackets([act('e'), reply({ message: 'OK' })]),
      joinPackets([frame('bye', { ...ours, cause: 'USER_BUSY', causeCode: 17, sipCode: 486 })]),
      joinPackets([frame('display', { ...ours, display_name: 'B', display_number: '2' })]),
      joinPackets([
        frame('info', { ...ours, dtmf: '5' }),
        frame('media', { ...ours, sdp: fakeSdp() }),
      ]),
      joinPackets([frame('attach', { ...ours, sdp: fakeSdp('again') }), act('t')]),
      joinPackets([
        frame('invite', { callID: 'in', sdp: fakeSdp(), caller_id_name: 'A' }),
        act('a'),
      ]),
      joinPackets([
        frame('candidate', { ...ours, candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host' }),
      ]),
      joinPackets([frame('ai_conversation', { type: 'transcript', item: { content: [] } })]),
      joinPackets([
        frame('gatewayState', { params: { state: 'FAIL_WAIT' } }),
        frame('punt', {}),
        act('t'),
      ]),
      joinPackets([Buffer.from('#SPU 1'), Buffer.from('#SPB'), Buffer.from('{"jsonrpc":"2.0"}')]),
    ];
  },
  run: async (input) => {
    rejections.length = 0;
    const bench = await talk();
    for (const packet of splitPackets(input).slice(0, 10)) {
      await feed(bench, packet);
    }
    const { client: signedIn, platform, webrtc } = bench;
    const closing = signedIn.disconnect();
    await platform.clock.advance(30_000);
    await closing;
    if (platform.reported.length > 0) {
      throw platform.reported[0];
    }
    if (rejections.length > 0) {
      throw rejections[0];
    }
    for (const running of [platform.running(), webrtc.running()]) {
      for (const [what, count] of Object.entries(running)) {
        if (count !== 0) {
          throw new Error(`${String(count)} ${what} are left`);
        }
      }
    }
    return bench.events.count;
  },
  isExpected: () => false,
  budget: { cpuRatio: 4_000, floor: 8_192, heapBase: 262_144, heapPerByte: 48 },
};
