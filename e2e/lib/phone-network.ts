import { randomBytes } from 'node:crypto';
import { Baresip } from './baresip.ts';
import { Kamailio } from './kamailio.ts';
import { freePorts } from './ports.ts';

export interface PhoneNetworkOptions {
  /** Of the registrar; default: a free one. */
  readonly port?: number;
  /** Of the gateway; default: a free one. */
  readonly gatewayPort?: number;
  /** What phone 2001 says; see {@link Baresip}. */
  readonly voice: number | 'echo';
}

/** A telephone network on loopback: a registrar, phones, and room for a gateway and for pages with a SIP library. */
export class PhoneNetwork {
  /** It picks up by itself. */
  static readonly answering = '2001';
  /** It rings until it is told something. */
  static readonly quiet = '2002';
  /** A page with a SIP library may sign in as this. */
  static readonly page = '3001';
  /** A phone that knows no registrar: the gateway calls it at its address. */
  static readonly direct = '4001';
  readonly kamailio: Kamailio;
  readonly gatewayPort: number;
  readonly phone: Baresip;
  readonly quiet: Baresip;
  readonly direct: Baresip;
  readonly pagePassword: string;

  static async start(options: PhoneNetworkOptions): Promise<PhoneNetwork> {
    const { answering, quiet, page } = PhoneNetwork;
    const port = options.port ?? (await freePorts(1));
    const gatewayPort = options.gatewayPort ?? (await freePorts(1));
    const password = (): string => randomBytes(9).toString('base64url');
    const phones: Readonly<Record<string, string>> = {
      [answering]: password(),
      [quiet]: password(),
      [page]: password(),
    };
    const kamailio = await Kamailio.start({ port, gateways: [gatewayPort], phones });
    const started: Baresip[] = [];
    try {
      const sign = (user: string) => ({
        user,
        registrar: { port, domain: Kamailio.domain, password: phones[user] ?? '' },
      });
      started.push(await Baresip.start({ ...sign(answering), voice: options.voice }));
      started.push(await Baresip.start({ ...sign(quiet), voice: QUIET_HZ, answers: false }));
      started.push(
        await Baresip.start({
          user: PhoneNetwork.direct,
          voice: DIRECT_HZ,
          codecs: ['opus', 'pcmu'],
        }),
      );
      const [first, second, third] = started;
      if (!first || !second || !third) {
        throw new Error('no phones');
      }
      return new PhoneNetwork(kamailio, gatewayPort, [first, second, third], phones[page] ?? '');
    } catch (error) {
      for (const phone of started) {
        await phone.stop();
      }
      await kamailio.stop();
      throw error;
    }
  }

  private constructor(
    kamailio: Kamailio,
    gatewayPort: number,
    [phone, quiet, direct]: readonly [Baresip, Baresip, Baresip],
    pagePassword: string,
  ) {
    this.kamailio = kamailio;
    this.gatewayPort = gatewayPort;
    this.phone = phone;
    this.quiet = quiet;
    this.direct = direct;
    this.pagePassword = pagePassword;
  }

  /** The gateway's setting `sip`. */
  get setting(): string {
    const servers = [`127.0.0.1:${String(this.kamailio.port)}`];
    const trunk = { servers, domain: Kamailio.domain, pingSeconds: 5 };
    return JSON.stringify({
      bind: '127.0.0.1',
      port: this.gatewayPort,
      trunks: [
        // Phones name whatever address of this machine they like best.
        {
          ...trunk,
          name: 'phones',
          latch: true,
          numbers: { 1001: '1001', 1002: '1002', 9196: 'echo' },
        },
        { ...trunk, name: 'pages', media: 'webrtc', codecs: ['opus', 'PCMU'] },
        {
          name: 'direct',
          servers: [`127.0.0.1:${String(this.direct.port)}`],
          pingSeconds: 5,
          latch: true,
          codecs: ['opus'],
        },
      ],
      routes: [
        { prefix: '2', trunk: 'phones' },
        { prefix: '3', trunk: 'pages' },
        { prefix: '4', trunk: 'direct' },
      ],
      callers: [{ users: '*', routes: ['2', '3', '4'], callsAtOnce: 8 }],
    });
  }

  async stop(): Promise<void> {
    await Promise.all([this.phone.stop(), this.quiet.stop(), this.direct.stop()]);
    await this.kamailio.stop();
  }
}

/** What phone 2002 says. */
export const QUIET_HZ = 1700;
/** What phone 4001 says. */
export const DIRECT_HZ = 700;
