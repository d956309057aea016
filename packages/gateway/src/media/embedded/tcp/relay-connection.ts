import type { Socket } from 'node:net';
import { TokenBucket } from '../../../limits/token-bucket.ts';
import { readStun } from '../net/stun.ts';
import { FrameReader } from './frames.ts';
import { PARTY_BYTES, writeParty } from './hop.ts';
import type { Party } from './hop.ts';
import { placeOf } from './place.ts';
import type { RelayLimits } from './relay-limits.ts';

export interface RelayConnectionHandlers {
  /** Passes a packet to the media thread at this place. False when there is none. */
  send(place: number, header: Buffer, packet: Buffer): boolean;
  /** It was closed for what it sent, or did not send. */
  refused(): void;
  /** A packet to the party was dropped, since the ones before still wait. */
  dropped(): void;
}

/** Before a media thread has answered, so many packets: a browser repeats its check a few times a second. */
const UNANSWERED_PACKETS = 32;

/** One TCP connection of a party. */
export class RelayConnection {
  readonly party: Party;
  /** The bytes that name the party, as text. */
  readonly key: string;
  readonly #socket: Socket;
  readonly #limits: RelayLimits;
  readonly #handlers: RelayConnectionHandlers;
  readonly #header: Buffer;
  readonly #frames = new FrameReader();
  readonly #startedAt = performance.now();
  #place: number | null = null;
  #ufrag = '';
  #isAnswered = false;
  #packets = 0;
  #heardAt = this.#startedAt;
  #answeredAt = this.#startedAt;
  readonly #bucket: TokenBucket;
  /** Packets that were read beyond what the bucket had. */
  #owed = 0;
  #pause: NodeJS.Timeout | null = null;

  constructor(
    socket: Socket,
    party: Party,
    token: Buffer,
    limits: RelayLimits,
    handlers: RelayConnectionHandlers,
  ) {
    this.#socket = socket;
    this.party = party;
    this.#limits = limits;
    this.#handlers = handlers;
    const named = writeParty(party);
    this.key = named.toString('latin1');
    this.#header = Buffer.concat([token, named]);
    const { packetsPerSecond: rate } = limits;
    this.#bucket = new TokenBucket(rate, rate, this.#startedAt);
  }

  /** A media thread has answered: the party knows the password of an ICE agent there. */
  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  /** Of the agent that the first check was for. */
  get ufrag(): string {
    return this.#ufrag;
  }

  start(first: Buffer): void {
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (bytes: Buffer) => {
      this.#receive(bytes);
    });
    this.#socket.once('end', () => {
      this.close();
    });
    this.#socket.once('close', () => {
      if (this.#pause !== null) {
        clearTimeout(this.#pause);
      }
    });
    this.#receive(first);
  }

  #receive(bytes: Buffer): void {
    const isSound = this.#frames.push(bytes, (packet) => {
      if (!this.#socket.destroyed) {
        this.#packet(packet);
      }
    });
    if (isSound) {
      this.#slowDown();
    } else {
      this.#refuse();
    }
  }

  #packet(packet: Buffer): void {
    const now = performance.now();
    this.#heardAt = now;
    this.#packets += 1;
    if (!this.#isAnswered && this.#packets > UNANSWERED_PACKETS) {
      this.#refuse();
      return;
    }
    this.#place ??= this.#placeOfFirst(packet);
    if (this.#place === null || !this.#handlers.send(this.#place, this.#header, packet)) {
      this.#refuse();
      return;
    }
    if (!this.#bucket.take(1, now)) {
      this.#owed += 1;
    }
  }

  /** The first packet has to be a check, for an agent of a thread that there is. */
  #placeOfFirst(packet: Buffer): number | null {
    const message = readStun(packet);
    if (message?.kind !== 'request' || message.username === undefined) {
      return null;
    }
    this.#ufrag = message.username.split(':', 1)[0] ?? '';
    return placeOf(this.#ufrag) ?? null;
  }

  /** TCP itself holds a party back whose connection is not read. */
  #slowDown(): void {
    if (this.#owed === 0 || this.#pause !== null) {
      return;
    }
    this.#socket.pause();
    const ms = Math.ceil((this.#owed * 1000) / this.#limits.packetsPerSecond);
    this.#owed = 0;
    this.#pause = setTimeout(() => {
      this.#pause = null;
      this.#socket.resume();
    }, ms);
  }

  /** @param datagram a packet of a media thread, behind the bytes that name the party, which the frame's length takes the place of */
  answer(datagram: Buffer): void {
    this.#isAnswered = true;
    this.#answeredAt = performance.now();
    if (this.#socket.writableLength > this.#limits.bufferedBytes) {
      this.#handlers.dropped();
      return;
    }
    datagram.writeUInt16BE(datagram.length - PARTY_BYTES, PARTY_BYTES - 2);
    this.#socket.write(datagram.subarray(PARTY_BYTES - 2));
  }

  sweep(now: number): void {
    const { answerMs, idleMs } = this.#limits;
    if (!this.#isAnswered) {
      if (now - this.#startedAt > answerMs) {
        this.#refuse();
      }
    } else if (now - Math.min(this.#heardAt, this.#answeredAt) > idleMs) {
      this.close();
    }
  }

  #refuse(): void {
    if (this.#socket.destroyed) {
      return;
    }
    this.#handlers.refused();
    this.close();
  }

  close(): void {
    this.#socket.destroy();
  }
}
