import { createCertificate } from '../../../src/media/embedded/dtls/certificate.ts';
import { DtlsEndpoint } from '../../../src/media/embedded/dtls/endpoint.ts';
import { HANDSHAKE, writeHandshake } from '../../../src/media/embedded/dtls/handshake.ts';
import type { HandshakeMessage } from '../../../src/media/embedded/dtls/handshake.ts';
import { RECORD } from '../../../src/media/embedded/dtls/record.ts';
import { TestDtlsClient } from '../../../src/media/embedded/testing/dtls-client.ts';
import { COMMITTED, readCorpus } from '../corpus.ts';
import { joinPackets, PACKET_MUTATIONS, splitPackets } from '../mutate/packets.ts';
import type { FuzzTarget } from '../target.ts';

/** What a step of an input does; the first byte of its packet. */
const STEP = {
  hello: 0,
  certificate: 1,
  keyExchange: 2,
  proof: 3,
  finished: 4,
  /** Bytes as they are. */
  datagram: 5,
  /** A handshake message of any type and body, in the clear. */
  message: 6,
  /** A record of any type and body, sealed. */
  sealed: 7,
  /** Time goes on: tens of milliseconds. */
  wait: 8,
  /** What was sent last, again. */
  again: 9,
  changeCipherSpec: 10,
} as const;
const STEPS = Object.keys(STEP).length;

const ours = createCertificate();
const theirs = createCertificate();
const announced = [{ algorithm: 'sha-256', value: theirs.fingerprint }];

const step = (kind: number, ...rest: number[]): Buffer => Buffer.from([kind, ...rest]);

/** All steps of a handshake that succeeds; the numbers behind a step say how it is cut and damaged: not at all. */
const HANDSHAKE_STEPS = [
  step(STEP.hello, 0, 0, 0),
  step(STEP.certificate, 0, 0, 0),
  step(STEP.keyExchange, 0, 0, 0),
  step(STEP.proof, 0, 0, 0),
  step(STEP.changeCipherSpec),
  step(STEP.finished, 0, 0, 0),
];

/** One run: a client that follows the input's steps, and what must not happen to the server whatever they are. */
class Play {
  #client = new TestDtlsClient(theirs);
  readonly endpoint: DtlsEndpoint;
  #now = performance.now();
  #last: Buffer[] = [];
  readonly #done = new Set<number>();
  outcome: 'connected' | 'failed' | null = null;

  constructor() {
    this.endpoint = new DtlsEndpoint(ours, announced, {
      send: (data) => {
        if (!this.#client.hasServerFlight) {
          this.#client.receive(data);
        }
      },
      connected: () => {
        const proved = [STEP.certificate, STEP.keyExchange, STEP.proof, STEP.finished];
        if (this.outcome !== null) {
          throw new Error('connected after its end');
        }
        if (!proved.every((kind) => this.#done.has(kind))) {
          throw new Error('connected unproved');
        }
        this.outcome = 'connected';
      },
      closed: () => {
        if (this.outcome !== 'connected') {
          throw new Error('closed before it was open');
        }
      },
      failed: () => {
        if (this.outcome === 'failed') {
          throw new Error('failed twice');
        }
        this.outcome = 'failed';
      },
    });
  }

  run(packet: Buffer): void {
    const kind = (packet[0] ?? 0) % STEPS;
    const [, size = 0, at = 0, value = 0] = packet;
    switch (kind) {
      case STEP.hello:
        this.#say(kind, this.#client.hello(packet.subarray(4)), size, at, value);
        return;
      case STEP.certificate:
        this.#say(kind, this.#client.certificate(), size, at, value);
        return;
      case STEP.keyExchange:
        if (this.#client.hasServerFlight) {
          this.#say(kind, this.#client.keyExchange(), size, at, value);
        }
        return;
      case STEP.proof:
        this.#say(kind, this.#client.proof(), size, at, value);
        return;
      case STEP.finished:
        this.#say(kind, this.#client.finished(), size, at, value, 1);
        return;
      case STEP.datagram:
        this.#send([packet.subarray(1)]);
        return;
      case STEP.message: {
        const message = { type: size, sequence: at, body: packet.subarray(4) };
        this.#send([this.#client.record(RECORD.handshake, writeHandshake(message))]);
        return;
      }
      case STEP.sealed:
        this.#send([this.#client.record(size, packet.subarray(2), 1)]);
        return;
      case STEP.wait:
        this.#now += size * 10;
        this.endpoint.tick(this.#now);
        return;
      case STEP.again:
        this.#send(this.#last);
        return;
      default:
        this.#send([this.#client.record(RECORD.changeCipherSpec, Buffer.from([1]))]);
    }
  }

  #say(
    kind: number,
    message: HandshakeMessage,
    size: number,
    at: number,
    value: number,
    epoch: 0 | 1 = 0,
  ): void {
    this.#done.add(kind);
    const body = Buffer.from(message.body);
    if (value !== 0 && body.length > 0) {
      body[at % body.length] = (body[at % body.length] ?? 0) ^ value;
    }
    this.#send(this.#client.datagrams({ ...message, body }, epoch, size === 0 ? 1_000 : size));
  }

  #send(datagrams: readonly Buffer[]): void {
    this.#last = [...datagrams];
    for (const datagram of datagrams) {
      this.endpoint.receive(datagram);
    }
  }

  /** Time goes by, and the end comes. What the client remembers is not the server's to answer for. */
  finish(): void {
    this.endpoint.tick(performance.now() + 60_000);
    this.endpoint.close();
    this.#client = new TestDtlsClient(theirs);
    this.#last = [];
  }
}

/** The whole of the server, against a client that does some of the handshake right. */
export const dtlsEndpoint: FuzzTarget = {
  name: 'dtls-endpoint',
  maxLength: 16_384,
  mutations: PACKET_MUTATIONS,
  dictionary: [
    '\x00\x04\x01',
    '\x00\x04\x02',
    '\x00\x04\x03',
    '\x00\x04\x04',
    '\x00\x01\x0a',
    '\x00\x01\x09',
    '\x00\x02\x08\xff',
  ],
  seeds: () => [
    joinPackets(HANDSHAKE_STEPS),
    joinPackets([...HANDSHAKE_STEPS, step(STEP.sealed, RECORD.alert, 1, 0), step(STEP.again)]),
    joinPackets(HANDSHAKE_STEPS.flatMap((each) => [each, step(STEP.wait, 30), step(STEP.again)])),
    joinPackets(HANDSHAKE_STEPS.map((each) => Buffer.from([each[0] ?? 0, 50, 0, 0]))),
    joinPackets([step(STEP.message, HANDSHAKE.clientHello, 0, 0, 1, 2, 3)]),
    ...readCorpus(COMMITTED, 'dtls-hello').map(({ input }) =>
      joinPackets([Buffer.concat([step(STEP.datagram), input])]),
    ),
  ],
  run: (input) => {
    const play = new Play();
    for (const packet of splitPackets(input)) {
      play.run(packet);
    }
    play.finish();
    return play;
  },
  isExpected: () => false,
  // A handshake has two key agreements and three signatures, here for both ends.
  budget: { cpuRatio: 60, floor: 262_144, heapBase: 200_000, heapPerByte: 16 },
};
