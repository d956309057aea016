import { randomBytes, randomUUID } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { MediaError } from '../media-plane.ts';
import { isSamePeer } from '../embedded/sdp/negotiate.ts';
import type { Format, RemoteDescription, RemoteIdentity } from '../embedded/sdp/negotiate.ts';
import { writeAnswer, writeOffer } from '../embedded/sdp/write.ts';
import type { LocalSide } from '../embedded/sdp/write.ts';
import type { BencodeDictionary, BencodeInput, BencodeValue } from './bencode.ts';
import type { MediaNode } from './media-node.ts';
import { NgError } from './ng-client.ts';
import { describePage, opusParametersOf, plainFormat, readTransport } from './page-sdp.ts';

/** How a page is, as rtpengine tells it. */
export interface PageHealth {
  /** ICE and DTLS are done. */
  readonly secured: boolean;
  /** Seconds since audio came of the page; null: none ever did. */
  readonly quietSeconds: number | null;
}

const BROWSER = 'browser';
const GATEWAY = 'gateway';
const REPLACE = ['origin', 'session-connection'];
const COMMON = { replace: REPLACE, 'ICE-lite': 'both', 'DTLS-reverse': 'passive' };
/** From the browser to us. */
const TO_PLAIN = {
  ...COMMON,
  ICE: 'remove',
  'transport-protocol': 'RTP/AVP',
  DTLS: 'off',
  'rtcp-mux': ['demux'],
  flags: ['SDES-off', 'trickle-ICE', 'original-sendrecv'],
};
/** From us to the browser. */
const TO_BROWSER = {
  ...COMMON,
  ICE: 'force',
  'transport-protocol': 'UDP/TLS/RTP/SAVPF',
  DTLS: 'passive',
  'rtcp-mux': ['require'],
  flags: ['generate-mid', 'SDES-off', 'trickle-ICE', 'original-sendrecv'],
};

/**
 * One peer connection of a browser, carried by one call of an rtpengine: ICE, DTLS and SRTP on the browser's side, plain RTP on ours.
 *
 * Each has a call id of its own: rtpengine is slow with one that it had before.
 */
export class Page {
  readonly node: MediaNode;
  readonly callId = randomUUID();
  readonly #streamId = randomUUID();
  readonly #trackId = randomUUID();
  readonly #sessionId = (randomBytes(8).readBigUInt64BE(0) >> 2n).toString();
  readonly #letGo: () => void;
  #version = 0;
  #remote: RemoteIdentity | null = null;
  #isClosed = false;

  constructor(node: MediaNode) {
    this.node = node;
    this.#letGo = node.carry();
  }

  /** What the browser said of itself; null before it did. */
  get remote(): RemoteIdentity | null {
    return this.#remote;
  }

  isOf(remote: RemoteIdentity): boolean {
    return this.#remote !== null && isSamePeer(this.#remote, remote);
  }

  /**
   * The browser offers.
   *
   * @param answer gets the plain offer and answers it
   */
  async offered(
    remote: RemoteDescription,
    format: Format,
    answer: (plain: string) => Promise<string>,
  ): Promise<string> {
    const isFirst = this.#remote === null;
    const offer = await this.#exchange('offer', {
      sdp: describePage(remote, format, 'actpass'),
      'from-tag': BROWSER,
      ...(isFirst ? {} : { 'to-tag': GATEWAY }),
      ...this.#toPlain,
    });
    const plain = await answer(offer);
    const ours = await this.#exchange('answer', {
      sdp: plain,
      'from-tag': BROWSER,
      'to-tag': GATEWAY,
      ...TO_BROWSER,
    });
    this.#remote = identityOf(remote);
    return writeAnswer(this.#side(ours, plain), remote, plainFormat(format));
  }

  /** We offer to the browser. */
  async offer(plain: string, format: Format): Promise<string> {
    const ours = await this.#exchange('offer', {
      sdp: plain,
      'from-tag': GATEWAY,
      ...TO_BROWSER,
    });
    return writeOffer(this.#side(ours, plain), format);
  }

  /** The browser answers; returns the plain answer. */
  async answered(remote: RemoteDescription, format: Format): Promise<string> {
    const plain = await this.#exchange('answer', {
      sdp: describePage(remote, format, 'active'),
      'from-tag': GATEWAY,
      'to-tag': BROWSER,
      ...this.#toPlain,
    });
    this.#remote = identityOf(remote);
    return plain;
  }

  get #toPlain(): Readonly<Record<string, BencodeInput>> {
    return { ...TO_PLAIN, 'address-family': isIPv6(this.node.localAddress) ? 'IP6' : 'IP4' };
  }

  #side(ours: string, plain: string): LocalSide {
    this.#version += 1;
    return {
      ...readTransport(ours),
      sessionId: this.#sessionId,
      version: this.#version,
      streamId: this.#streamId,
      trackId: this.#trackId,
      // Its number is whatever comes through rtpengine.
      ssrc: null,
      cname: '',
      isIceLite: true,
      fmtp: opusParametersOf(plain),
    };
  }

  async #exchange(
    command: string,
    fields: Readonly<Record<string, BencodeInput>>,
  ): Promise<string> {
    const reply = await this.node.request(command, { ...fields, 'call-id': this.callId });
    const sdp = reply.get('sdp');
    if (typeof sdp !== 'string') {
      throw new MediaError('lost', 'rtpengine answered without a description.');
    }
    return sdp;
  }

  /** @throws NgError `refused`: rtpengine knows nothing of it any more */
  async health(): Promise<PageHealth> {
    const reply = await this.node.request('query', { 'call-id': this.callId });
    return readHealth(reply, Date.now() / 1000);
  }

  /** Frees it, at once. A node that is gone has nothing to free. */
  close(): void {
    if (this.#isClosed) {
      return;
    }
    this.#isClosed = true;
    this.#letGo();
    void this.node
      .request('delete', { 'call-id': this.callId, 'delete delay': 0 })
      .catch((error: unknown) => {
        if (!(error instanceof NgError)) {
          throw error;
        }
      });
  }
}

function identityOf({ ice, fingerprints }: RemoteDescription): RemoteIdentity {
  return { ice, fingerprints };
}

/** Of the browser's first stream. Clocks of two machines may differ, so what is in the future counts as now. */
function readHealth(reply: BencodeDictionary, now: number): PageHealth {
  const stream = first(at(first(at(at(at(reply, 'tags'), BROWSER), 'medias')), 'streams'));
  const flags = at(stream, 'flags');
  const last = at(stream, 'last packet');
  const packets = at(at(stream, 'stats'), 'packets');
  const hasSent = typeof packets === 'number' && packets > 0;
  return {
    secured: Array.isArray(flags) && flags.includes('DTLS fingerprint verified'),
    quietSeconds: typeof last === 'number' && hasSent ? Math.max(0, now - last) : null,
  };
}

function at(value: BencodeValue | undefined, key: string): BencodeValue | undefined {
  return value instanceof Map ? (value as BencodeDictionary).get(key) : undefined;
}

function first(value: BencodeValue | undefined): BencodeValue | undefined {
  return Array.isArray(value) ? (value as readonly BencodeValue[])[0] : undefined;
}
