import { onTestFinished } from 'vitest';
import { answerChallenge, chooseChallenge, type Challenge } from '../core/digest.ts';
import type { SipRequest, SipResponse } from '../core/message.ts';
import { REALM } from './accounts.ts';
import { SipPeer } from './sip-peer.ts';

interface Asked {
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string;
  readonly from?: string;
  readonly to?: string;
  readonly password?: string;
  /** Answers this challenge, and is not challenged before. */
  readonly challenge?: Challenge;
  readonly count?: string;
  readonly contact?: string;
}

/** A desk phone on a UDP port of the loopback, which does what a test says. */
export class Phone {
  readonly peer: SipPeer;
  readonly #port: number;
  readonly #login: string;
  readonly #password: string;
  readonly #callId = `reg-${String(Math.random()).slice(2)}`;
  #sequence = 0;

  private constructor(peer: SipPeer, port: number, login: string, password: string) {
    this.peer = peer;
    this.#port = port;
    this.#login = login;
    this.#password = password;
  }

  /** @param port the gateway's */
  static async open(port: number, login: string, password: string): Promise<Phone> {
    const peer = await SipPeer.open();
    onTestFinished(() => {
      peer.close();
    });
    return new Phone(peer, port, login, password);
  }

  get user(): string {
    return this.#login.split('~', 1)[0] ?? '';
  }

  /** A challenge to a method, as it comes without an answer. */
  async challenge(method: 'REGISTER' | 'INVITE'): Promise<Challenge> {
    this.#ask(method, `sip:${REALM}`, {});
    const challenge = chooseChallenge(
      (await this.peer.response(method)).headers.all(
        method === 'REGISTER' ? 'WWW-Authenticate' : 'Proxy-Authenticate',
      ),
    );
    if (!challenge) {
      throw new Error('no challenge');
    }
    return challenge;
  }

  async register(seconds = 600, asked: Asked = {}): Promise<SipResponse> {
    const challenge = asked.challenge ?? (await this.challenge('REGISTER'));
    const headers = [['Expires', String(seconds)] as const, ...(asked.headers ?? [])];
    this.#ask('REGISTER', `sip:${REALM}`, { ...asked, headers, challenge });
    return this.peer.response('REGISTER');
  }

  /** Returns the INVITE that is let in, or not. */
  async invite(number: string, body: string, asked: Asked = {}): Promise<SipRequest> {
    const challenge = asked.challenge ?? (await this.challenge('INVITE'));
    return this.#ask('INVITE', `sip:${number}@${REALM}`, { ...asked, body, challenge });
  }

  #ask(method: string, uri: string, asked: Asked): SipRequest {
    const own = `sip:${this.user}@${REALM}`;
    const { challenge, headers = [], body = '', password = this.#password } = asked;
    const credentials = { username: this.#login, password };
    const name = method === 'REGISTER' ? 'Authorization' : 'Proxy-Authorization';
    const answer =
      challenge === undefined
        ? []
        : [[name, answerChallenge(challenge, credentials, method, uri)] as const];
    return this.peer.ask(this.#port, method, uri, {
      callId:
        method === 'REGISTER' ? this.#callId : `call-${String(this.#sequence)}-${this.#callId}`,
      sequence: ++this.#sequence,
      from: asked.from ?? `<${own}>;tag=phone`,
      to: asked.to ?? (method === 'REGISTER' ? `<${own}>` : `<${uri}>`),
      headers: [...answer, ...headers],
      body,
    });
  }
}
