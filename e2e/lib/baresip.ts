import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Spectrum } from '../pages/spectrum.ts';
import { Child } from './child.ts';
import { freePorts } from './ports.ts';
import { hearFile, hearUntil } from './sound-file.ts';

const START_MS = 15_000;
const RATE = 48_000;

export interface BaresipOptions {
  readonly user: string;
  /** Of a registrar; without one the phone is called at its address. */
  readonly registrar?: {
    readonly port: number;
    readonly domain: string;
    readonly password: string;
    /** What it signs in as; default: its user. */
    readonly login?: string;
    /** It is told no and starts nevertheless; default false. */
    readonly refused?: boolean;
    readonly transport?: 'udp' | 'tcp' | 'tls';
  };
  /** It picks up by itself; default true. */
  readonly answers?: boolean;
  /** What it says: a tone of this frequency, or what it hears. */
  readonly voice: number | 'echo';
  /** Its audio is encrypted with keys in the descriptions (RFC 4568), or there is none. */
  readonly srtp?: boolean;
  /** Best first; default PCMU and PCMA. */
  readonly codecs?: readonly ('pcmu' | 'pcma' | 'opus')[];
}

interface Event {
  readonly type: string;
  readonly param: string;
}

/** Debian's baresip: a phone with a tone for a voice, whose ear is a file. */
export class Baresip {
  readonly options: BaresipOptions;
  readonly port: number;
  readonly controlPort: number;
  readonly events: Event[] = [];
  onEvent: (event: Event) => void = () => undefined;
  /** Digits of the far party. */
  digits = '';
  readonly #folder: string;
  readonly #child: Child;
  #control: Socket | null = null;
  #waiting: { resolve: (data: string) => void; reject: (error: Error) => void }[] = [];
  readonly #watchers = new Set<() => void>();

  static async start(options: BaresipOptions): Promise<Baresip> {
    // The port after that of SIP is for TLS; the third one is for commands.
    const phone = new Baresip(options, await freePorts(3), await freePorts(40));
    await phone.#ready();
    return phone;
  }

  private constructor(options: BaresipOptions, port: number, rtp: number) {
    this.options = options;
    this.port = port;
    this.controlPort = port + 2;
    this.#folder = mkdtempSync(join(tmpdir(), 'offhook-baresip-'));
    const write = (name: string, lines: readonly string[]): void => {
      writeFileSync(join(this.#folder, name), `${lines.join('\n')}\n`, { mode: 0o600 });
    };
    write('config', this.#config(rtp));
    write('accounts', [account(options)]);
    write('contacts', []);
    this.#child = new Child('/usr/bin/baresip', ['-f', this.#folder, '-v'], this.#folder);
  }

  #config(rtp: number): string[] {
    const { voice } = this.options;
    const source = voice === 'echo' ? 'aubridge,ear' : `ausine,${String(voice)}`;
    return [
      'module_path /usr/lib/baresip/modules',
      `sip_listen 127.0.0.1:${String(this.port)}`,
      'sip_verify_server no',
      'call_local_timeout 120',
      'call_max_calls 4',
      'audio_player aubridge,ear',
      `audio_source ${source}`,
      'audio_alert aubridge,bell',
      ...(voice === 'echo' ? [] : ['ausrc_channels 2', 'auplay_channels 2']),
      `ausrc_srate ${String(RATE)}`,
      `auplay_srate ${String(RATE)}`,
      'audio_buffer 20-160',
      `rtp_ports ${String(rtp)}-${String(rtp + 39)}`,
      'rtp_stats no',
      `ctrl_tcp_listen 127.0.0.1:${String(this.controlPort)}`,
      `snd_path ${this.#folder}`,
      'module g711.so',
      'module opus.so',
      'module srtp.so',
      'module aubridge.so',
      'module ausine.so',
      ...(voice === 'echo' ? [] : ['module sndfile.so']),
      'module_app account.so',
      'module_app menu.so',
      'module_app ctrl_tcp.so',
    ];
  }

  get log(): readonly string[] {
    return this.#child.log;
  }

  /** Where it is called without a registrar. */
  get uri(): string {
    return `sip:${this.options.user}@127.0.0.1:${String(this.port)}`;
  }

  /** A command of its menu, such as `dial` or `hangup`; returns what it prints. */
  async command(command: string, params = ''): Promise<string> {
    const control = this.#control;
    if (!control) {
      throw new Error('The phone is not there.');
    }
    const text = JSON.stringify({ command, params, token: 'e2e' });
    const answer = new Promise<string>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
    control.write(`${String(Buffer.byteLength(text))}:${text},`);
    return answer;
  }

  async dial(number: string, host?: string): Promise<void> {
    const domain = host ?? this.options.registrar?.domain ?? '127.0.0.1';
    await this.command('dial', `sip:${number}@${domain}`);
  }

  async press(digits: string): Promise<void> {
    for (const digit of digits) {
      await this.command('sndcode', digit);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  /** Which way its audio goes, as it understands the last offer: `recvonly` when it was put on hold. */
  async direction(): Promise<string> {
    return /audio dir=(\w+)/.exec(await this.command('audio_debug'))?.[1] ?? 'none';
  }

  /**
   * Says what it hears, or its tone again. This baresip records nothing more in a call once either end has held it: what it hears then is
   * judged at the other end.
   */
  async echoes(on: boolean): Promise<void> {
    const { voice } = this.options;
    if (voice !== 'echo') {
      await this.command('ausrc', on ? 'aubridge,ear' : `ausine,${String(voice)}`);
    }
  }

  /** Waits for an event of a call, such as `CALL_ESTABLISHED`, that came after the first `after` events. */
  async told(type: string, after = 0, timeout = 10_000): Promise<Event> {
    let found: Event | undefined;
    await this.#until(
      () => {
        found = this.events.slice(after).find((event) => event.type === type);
        return found !== undefined;
      },
      timeout,
      `${this.options.user} was not told ${type}`,
    );
    return found ?? { type, param: '' };
  }

  /** Waits until the far party has pressed these. */
  async gets(digits: string, timeout = 10_000): Promise<void> {
    await this.#until(
      () => this.digits === digits,
      timeout,
      `${this.options.user} got no ${digits}`,
    );
  }

  async #until(holds: () => boolean, timeout: number, problem: string): Promise<void> {
    if (holds()) {
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const check = (): void => {
        if (!holds()) {
          return;
        }
        clearTimeout(late);
        this.#watchers.delete(check);
        resolve();
      };
      const late = setTimeout(() => {
        this.#watchers.delete(check);
        const told = this.events.map(({ type, param }) => `${type} ${param}`).join(', ');
        reject(new Error(`${problem}: it was told ${told}; digits ${this.digits}`));
      }, timeout);
      this.#watchers.add(check);
    });
  }

  /** Listens until it hears what `enough` wants, or the time is over. */
  hearUntil(enough: (heard: Spectrum) => boolean, timeout?: number): Promise<Spectrum> {
    return hearUntil(() => hearFile(this.#ear()), enough, timeout);
  }

  /** The recording of the last call. */
  #ear(): string {
    const files = readdirSync(this.#folder)
      .filter((name) => name.endsWith('-dec.wav'))
      .map((name) => join(this.#folder, name));
    const [last] = files.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
    if (last === undefined) {
      throw new Error('The phone hears no audio at all: it has had no call.');
    }
    return last;
  }

  async stop(): Promise<void> {
    this.#control?.destroy();
    await this.#child.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #ready(): Promise<void> {
    const until = Date.now() + START_MS;
    while (Date.now() < until && this.#child.runs) {
      if ((await this.#connect()) && (await this.#isRegistered())) {
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const log = this.log.join('\n');
    await this.stop();
    throw new Error(`The phone did not start:\n${log}`);
  }

  async #isRegistered(): Promise<boolean> {
    if (!this.options.registrar) {
      return true;
    }
    if (this.options.registrar.refused === true) {
      return this.log.some((line) => /reg: .* 4\d\d /.test(line));
    }
    return (await this.command('reginfo')).includes('OK');
  }

  async #connect(): Promise<boolean> {
    if (this.#control) {
      return true;
    }
    const socket = connect(this.controlPort, '127.0.0.1');
    try {
      await once(socket, 'connect');
    } catch {
      return false;
    }
    socket.on('error', () => undefined);
    socket.once('close', () => {
      for (const { reject } of this.#waiting) {
        reject(new Error('The phone is gone.'));
      }
      this.#waiting = [];
    });
    let rest = Buffer.alloc(0);
    socket.on('data', (data: Buffer) => {
      rest = Buffer.concat([rest, data]);
      for (;;) {
        const colon = rest.indexOf(':');
        const length = colon < 0 ? NaN : Number(rest.toString('latin1', 0, colon));
        if (Number.isNaN(length) || rest.length < colon + length + 2) {
          return;
        }
        this.#told(rest.toString('utf8', colon + 1, colon + 1 + length));
        rest = rest.subarray(colon + length + 2);
      }
    });
    this.#control = socket;
    return true;
  }

  #told(text: string): void {
    const said = JSON.parse(text) as {
      response?: boolean;
      data?: string;
      type?: string;
      param?: string;
    };
    if (said.response === true) {
      this.#waiting.shift()?.resolve(said.data ?? '');
      return;
    }
    const { type = '', param = '' } = said;
    this.events.push({ type, param });
    this.onEvent({ type, param });
    if (type === 'CALL_DTMF_START') {
      this.digits += param;
    }
    for (const check of [...this.#watchers]) {
      check();
    }
  }
}

function account({
  user,
  registrar,
  answers = true,
  codecs = ['pcmu', 'pcma'],
  srtp = false,
}: BaresipOptions): string {
  const names = codecs.map((codec) => (codec === 'opus' ? 'opus/48000/2' : `${codec}/8000/1`));
  const how = [`answermode=${answers ? 'auto' : 'manual'}`, `audio_codecs=${names.join(',')}`];
  if (srtp) {
    how.push('mediaenc=srtp-mand');
  }
  if (!registrar) {
    return `<sip:${user}@127.0.0.1>;regint=0;${how.join(';')}`;
  }
  const { port, domain, password, login = user, transport = 'udp' } = registrar;
  return [
    `<sip:${user}@${domain};transport=${transport}>`,
    `auth_user=${login}`,
    `auth_pass=${password}`,
    `outbound="sip:127.0.0.1:${String(port)};transport=${transport}"`,
    'regint=60',
    ...how,
  ].join(';');
}
