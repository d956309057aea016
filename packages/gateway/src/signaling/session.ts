import { createHash } from 'node:crypto';
import type { GatewayMethod, GatewayParams } from '@offhook/protocol';
import type { Identity } from '../auth/authenticator.ts';
import type { AssistantTarget } from '../calls/assistants.ts';
import type { DiallingGrant } from '../calls/dialling-grant.ts';
import type { Ending } from '../calls/hangup.ts';
import type { Leg, Party } from '../calls/leg.ts';
import type { Notice } from '../calls/notice.ts';
import type { RemoteCandidate } from '../media/media-plane.ts';
import { byeParams } from './bye-params.ts';
import { framesOf } from './call-frames.ts';
import type { ClientFacts } from './client-facts.ts';
import { EarlyCandidates } from './early-candidates.ts';

/** What a session needs of the socket that carries it. */
export interface SessionSocket {
  sendRequest<M extends GatewayMethod>(
    id: number | undefined,
    method: M,
    params: GatewayParams[M],
    voiceSdkId?: string,
  ): void;
  /** Another socket carries the session now. */
  takenOver(): void;
  /** The session is over, for this reason. */
  ended(reason: string): void;
  /** The same, and the client is told not to come back by itself. */
  signedOut(reason: string): void;
}

interface EndedCall {
  readonly callID: string;
  readonly ending: Ending;
  /** The client said so itself, or acknowledged our bye. */
  known: boolean;
  /** Our bye went out on the socket that carries the session now. */
  sent: boolean;
}

/** Ended calls that a session remembers, newest last. */
const MAX_ENDED = 16;
/** Frames whose acknowledgement matters; more than one a call are never open. */
const MAX_ACKS = 64;

/** A name for a session that does not tell its id, which is a secret. */
export function sessionKey(id: string): string {
  return createHash('sha256').update('offhook kept session').update(id).digest('hex');
}

/**
 * One signed-in client. It outlives its sockets, keeps its calls while it has none, and belongs to one user for life.
 * What few sessions need is made when it is needed: thousands of idle ones should cost little.
 */
export class Session implements Party {
  readonly via = 'browser';
  /** Opaque; with it the reference client asks to resume. */
  readonly voiceSdkId: string;
  readonly signedInAt: number;
  readonly legs = new Map<string, Leg>();
  /** Its calls that other gateways have: callID and gateway. */
  readonly elsewhere = new Map<string, string>();
  #id: string;
  #key: string | null = null;
  #identity: Identity;
  #extended = false;
  #address = '';
  #client: ClientFacts = { client: null, browser: null };
  #parkedAt: number | null = null;
  readonly channels = new Set<string>();
  #socket: SessionSocket | null = null;
  #lastId = 0;
  #acks: Map<number, () => void> | null = null;
  #ended: EndedCall[] | null = null;
  #early: EarlyCandidates | null = null;

  /** @param signedInAt epoch milliseconds */
  constructor(id: string, voiceSdkId: string, identity: Identity, signedInAt: number) {
    this.signedInAt = signedInAt;
    this.#id = id;
    this.voiceSdkId = voiceSdkId;
    this.#identity = identity;
  }

  get id(): string {
    return this.#id;
  }

  /** See {@link sessionKey}. */
  get key(): string {
    this.#key ??= sessionKey(this.#id);
    return this.#key;
  }

  /** Another gateway had it: its id is not known before its client comes. */
  awaits(key: string): void {
    this.#key = key;
  }

  /** It was known here by another name than its client has for it. */
  rename(id: string): void {
    this.#id = id;
    this.#key = null;
  }

  /** Calls that the client has, wherever they are. */
  get calls(): number {
    return this.legs.size + this.elsewhere.size;
  }

  /** Renewed by a login on the live socket. Always of the same user. */
  get identity(): Identity {
    return this.#identity;
  }

  /** The client said that it understands our own frames. */
  get extended(): boolean {
    return this.#extended;
  }

  get address(): string {
    return this.#address;
  }

  /** What it is, as it says. */
  get client(): ClientFacts {
    return this.#client;
  }

  /** Milliseconds of the monotonic clock since when there is no socket; null while there is one. */
  get parkedAt(): number | null {
    return this.#parkedAt;
  }

  /** It signed in, for the first time or again. */
  renew(identity: Identity, address: string, client: ClientFacts): void {
    this.#identity = identity;
    this.#address = address;
    this.#client = client;
  }

  /** The client understands our own frames. */
  extend(): void {
    this.#extended = true;
  }

  get user(): string {
    return this.#identity.user;
  }

  get displayName(): string {
    return this.#identity.displayName;
  }

  get generateRingback(): boolean {
    return this.#identity.generateRingback;
  }

  get expiresAt(): number | undefined {
    return this.#identity.expiresAt;
  }

  get dialling(): DiallingGrant | undefined {
    return this.identity.dialling;
  }

  get guestOf(): AssistantTarget | null {
    return this.#identity.guestOf ?? null;
  }

  get online(): boolean {
    return this.#socket !== null;
  }

  /** A browser takes what the other end likes best. */
  get codecs(): null {
    return null;
  }

  get rtp(): undefined {
    return undefined;
  }

  /** Each user has the gateway's own limit. */
  get callsAtOnce(): undefined {
    return undefined;
  }

  /** A client of ours recovers. */
  get recovers(): boolean {
    return this.#extended;
  }

  get socket(): SessionSocket | null {
    return this.#socket;
  }

  set socket(socket: SessionSocket | null) {
    this.#socket = socket;
    if (socket !== null) {
      this.#parkedAt = null;
    }
    // Acknowledgements and candidates belong to a socket, and so do subscriptions (wire spec 8.14).
    this.#acks = null;
    this.#early = null;
    this.channels.clear();
    for (const ended of this.#ended ?? []) {
      ended.sent = false;
    }
  }

  /** The socket is gone, and nothing has taken its place. @param at by the monotonic clock */
  park(at: number): void {
    this.socket = null;
    this.#parkedAt = at;
  }

  tell(leg: Leg, notice: Notice): void {
    if (notice.kind === 'ended') {
      this.#tellEnded(leg, notice.ending, notice.told);
      return;
    }
    const confirmed = notice.kind === 'invited' || notice.kind === 'answered';
    for (const { method, params } of framesOf(leg, notice, this.#extended)) {
      this.send(method, params, confirmed ? leg.confirm : undefined);
      leg.told(method);
      this.#passed(leg, method, params);
    }
    // A client rings with the invite, and says nothing of it.
    if (notice.kind === 'invited') {
      leg.call.rings(leg);
    }
  }

  text(from: string, to: string, body: string): void {
    this.send('info', { msg: { from, to, body } });
  }

  /**
   * Sends a request, or drops it when there is no socket: what the client must know is told again on resume.
   * `onAck` runs if the client acknowledges the frame on this socket.
   */
  send<M extends GatewayMethod>(method: M, params: GatewayParams[M], onAck?: () => void): void {
    if (!this.#socket) {
      return;
    }
    // The one message that gets no reply (wire spec 8.15).
    const id = method === 'ai_conversation' ? undefined : ++this.#lastId;
    if (onAck && id !== undefined) {
      this.#acks ??= new Map();
      if (this.#acks.size < MAX_ACKS) {
        this.#acks.set(id, onAck);
      }
    }
    this.#socket.sendRequest(id, method, params);
  }

  /** Everything that this session still has, and the client with it, or it ends its calls (wire spec 13.4). */
  sendReady(): void {
    const params = { reattached_sessions: [...this.legs.keys(), ...this.elsewhere.keys()] };
    this.#socket?.sendRequest(++this.#lastId, 'clientReady', params, this.voiceSdkId);
  }

  /** A reply of the client to one of our requests. Most matter to nobody. */
  acknowledged(id: number): void {
    const onAck = this.#acks?.get(id);
    if (!onAck) {
      return;
    }
    this.#acks?.delete(id);
    onAck();
  }

  /** Remembers how a call ended until the client knows it. */
  #tellEnded(leg: Leg, ending: Ending, told: boolean): void {
    const { callID, ids } = leg;
    const ended: EndedCall = { callID, ending, known: told, sent: this.online };
    this.#remember(ended);
    if (told) {
      return;
    }
    const params = byeParams(callID, ending, ids);
    this.send('bye', params, () => {
      ended.known = true;
    });
    leg.told('bye');
    this.#passed(leg, 'bye', params);
  }

  /** A call that another gateway had is over; whether the client knows is that one's to see to. */
  endedElsewhere(callID: string): void {
    this.#remember({ callID, ending: { cause: 'NORMAL_CLEARING' }, known: true, sent: true });
  }

  #remember(ended: EndedCall): void {
    this.#ended ??= [];
    this.#ended.push(ended);
    if (this.#ended.length > MAX_ENDED) {
      this.#ended.shift();
    }
  }

  /** What assistants and callers say to each other is not for the picture of a call. */
  #passed(leg: Leg, method: GatewayMethod, params: object): void {
    if (!this.online || method === 'ai_conversation') {
      return;
    }
    const text = JSON.stringify(params);
    leg.passed({ protocol: 'Verto', sent: true, first: method, text });
  }

  /** The call was this session's not long ago: messages for it crossed the bye. */
  hadCall(callID: string): boolean {
    return this.#ended?.some((each) => each.callID === callID) ?? false;
  }

  /** Byes for calls that ended while there was no socket, or on one that went before the client had read it. */
  tellEnded(): void {
    for (const each of this.#ended ?? []) {
      if (each.known || each.sent) {
        continue;
      }
      each.sent = true;
      this.send('bye', byeParams(each.callID, each.ending, {}), () => {
        each.known = true;
      });
    }
  }

  keepCandidate(callID: string, candidate: RemoteCandidate): void {
    this.#early ??= new EarlyCandidates();
    this.#early.add(callID, candidate);
  }

  takeCandidates(callID: string): readonly RemoteCandidate[] {
    return this.#early?.take(callID) ?? [];
  }
}
