import { pino } from 'pino';
import { expect, onTestFinished } from 'vitest';
import { configFrom } from '../../config.ts';
import { systemClock, type Clock } from '../../clock.ts';
import { Guard } from '../../guard.ts';
import { Fixture, type FixtureOptions } from '../../signaling/testing/fixture.ts';
import { Guesses } from '../../auth/guesses.ts';
import type { Certificate } from '../net/network.ts';
import { SipGateway } from '../sip-gateway.ts';
import { FakeAccounts } from './accounts.ts';
import { SipPeer } from './sip-peer.ts';

export const NUMBERS = { '+4930100': '1001', '+4930200': 'echo' };

/** A signalling server with one trunk, which is up, and the element at the trunk's other end. */
export class SipSetting {
  readonly fixture: Fixture;
  readonly sip: SipGateway;
  readonly peer: SipPeer;
  /** What was refused, and how phones signed in. */
  readonly refused: string[] = [];
  readonly accounts: FakeAccounts;
  /** Boundaries where something was thrown: a defect each. */
  readonly caught: string[] = [];

  private constructor(
    fixture: Fixture,
    sip: SipGateway,
    peer: SipPeer,
    refused: string[],
    caught: string[],
    accounts: FakeAccounts,
  ) {
    this.fixture = fixture;
    this.sip = sip;
    this.peer = peer;
    this.refused = refused;
    this.caught = caught;
    this.accounts = accounts;
  }

  static async start(
    trunk: Record<string, unknown> = {},
    rest: Record<string, unknown> = {},
    prepare: (peer: SipPeer) => void = () => undefined,
    options: {
      readonly clock?: Clock;
      readonly fixture?: FixtureOptions;
      readonly certificate?: Certificate;
    } = {},
  ): Promise<SipSetting> {
    const peer = await SipPeer.open();
    prepare(peer);
    const { sip: config, domains } = configFrom({
      ...(options.certificate ? { tls: { cert: 'given', key: 'given' } } : {}),
      sip: {
        bind: '127.0.0.1',
        port: 0,
        trunks: [{ name: 'net', servers: [peer.place], numbers: NUMBERS, ...trunk }],
        dialling: { country: '49' },
        routes: [{ prefix: '', trunk: 'net' }],
        callers: [{ users: ['1001'], routes: ['+49', '110'], callerIds: ['+4930100'] }],
        ...rest,
      },
    });
    if (!config) {
      throw new Error('no SIP');
    }
    const refused: string[] = [];
    const accounts = new FakeAccounts();
    const caught: string[] = [];
    const logger = pino({ level: 'silent' });
    const guard = new Guard(logger, (boundary) => caught.push(boundary));
    const sip = new SipGateway({
      config,
      domains,
      clock: guard.clock(options.clock ?? systemClock),
      logger,
      guard,
      ...(options.certificate ? { certificate: options.certificate } : {}),
      accounts,
      guesses: new Guesses(() => Date.now(), 1_000),
      metrics: { refused: (why) => refused.push(why), signIn: (how) => refused.push(how) },
    });
    const fixture = await Fixture.start({ ...options.fixture, outside: sip });
    await sip.start(fixture.server);
    onTestFinished(async () => {
      await fixture.stop();
      await sip.close();
      peer.close();
    });
    return new SipSetting(fixture, sip, peer, refused, caught, accounts);
  }

  /** Settles when the trunk is up. */
  async up(): Promise<this> {
    await expect.poll(() => this.sip.states[0]?.state, { timeout: 10_000, interval: 5 }).toBe('up');
    return this;
  }
}
