import type { LocalSocket } from './udp-socket.ts';

/** RFC 7675, 5.1: the party's consent to be sent to ends this long after the last check that it answered; milliseconds. */
export const CONSENT_MS = 30_000;
/** To an address that answered no check goes at most this many times what came from it. */
const MAX_REFLECTION = 3;

/** One of our sockets and one of the party's addresses. */
export class IcePath {
  readonly socket: LocalSocket;
  readonly address: string;
  readonly port: number;
  /** The party's address as the socket reports it. */
  readonly key: string;
  #ufrag = '';
  #localUfrag = '';
  #validFor: string | null = null;
  #nominatedFor: string | null = null;
  #attempts = 0;
  #nextCheckAt = 0;
  #heardAt = 0;
  readonly pending: { readonly transaction: string; readonly sentAt: number }[] = [];
  #answeredAt: number | null = null;
  #received = 0;
  #sent = 0;

  constructor(socket: LocalSocket, address: string, port: number, key: string) {
    this.socket = socket;
    this.address = address;
    this.port = port;
    this.key = key;
  }

  /** The party's user name fragment in the check that last came this way: it tells its ICE generation (restart). */
  get ufrag(): string {
    return this.#ufrag;
  }

  /** Our own fragment in that check. A party that knows our former one on a path refuses checks that name the new one. */
  get localUfrag(): string {
    return this.#localUfrag;
  }

  /** The generations (fragments) for which the party answered a check of ours here, and for which the path was nominated. */
  get validFor(): string | null {
    return this.#validFor;
  }

  get nominatedFor(): string | null {
    return this.#nominatedFor;
  }

  /** Checks sent without an answer, and when the next one is due. */
  get attempts(): number {
    return this.#attempts;
  }

  get nextCheckAt(): number {
    return this.#nextCheckAt;
  }

  /** When something authentic last came this way; milliseconds. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** A check of the party came this way. */
  checked(ufrag: string, localUfrag: string): void {
    if (this.#ufrag !== ufrag) {
      this.#ufrag = ufrag;
      this.#attempts = 0;
    }
    this.#localUfrag = localUfrag;
  }

  validate(ufrag: string): void {
    this.#validFor = ufrag;
  }

  nominate(ufrag: string): void {
    this.#nominatedFor = ufrag;
  }

  hear(now: number): void {
    this.#heardAt = now;
  }

  checkAgainAt(at: number): void {
    this.#nextCheckAt = at;
  }

  /** A check of ours went out. */
  asked(transaction: string, sentAt: number): void {
    this.#attempts += 1;
    this.pending.push({ transaction, sentAt });
  }

  /** The party answered a check here not long ago: it is really there, and wants what we send. */
  hasConsent(now: number): boolean {
    return this.#answeredAt !== null && now - this.#answeredAt < CONSENT_MS;
  }

  /** When a check was last answered here; milliseconds, null when none was, or consent was withdrawn since. */
  get answeredAt(): number | null {
    return this.#answeredAt;
  }

  answered(now: number): void {
    this.#answeredAt = now;
    this.#attempts = 0;
  }

  /** Consent ran out: the address has to prove itself again. */
  lapse(): void {
    this.#answeredAt = null;
    this.#validFor = null;
    this.#nominatedFor = null;
    this.#attempts = 0;
    this.#received = 0;
    this.#sent = 0;
  }

  /** A check with the party's signature came from here, so many bytes long. */
  credit(bytes: number): void {
    if (this.#answeredAt === null) {
      this.#received += bytes;
    }
  }

  /** False for what an address that has not answered yet must not be sent. */
  maySend(bytes: number, now: number): boolean {
    return this.hasConsent(now) || this.#sent + bytes <= MAX_REFLECTION * this.#received;
  }

  send(data: Buffer): void {
    if (this.#answeredAt === null) {
      this.#sent += data.length;
    }
    this.socket.send(data, this.port, this.address);
  }
}
