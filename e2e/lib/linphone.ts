import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Spectrum } from '../pages/spectrum.ts';
import { Child } from './child.ts';
import { freePorts } from './ports.ts';
import { hearFile, hearUntil } from './sound-file.ts';
import { writeTone } from './wav.ts';

const START_MS = 20_000;
/** After its last sample it is silent for half a second. */
const TONE_SECONDS = 30;
/** Of its recordings, in calls by PCMU or PCMA; the file itself says it when it is closed. */
const FORMAT = { rate: 8_000, channels: 1 };

export interface LinphoneOptions {
  readonly user: string;
  readonly registrar: {
    readonly port: number;
    readonly domain: string;
    readonly password: string;
    /** What it signs in as. */
    readonly login: string;
    readonly transport: 'udp' | 'tcp';
  };
  /** What it says: a tone of this frequency. */
  readonly voice: number;
}

/** Debian's linphonec: a phone that plays a sound file and records into another one. */
export class Linphone {
  readonly options: LinphoneOptions;
  /** What it says of its calls, line by line. */
  readonly told: string[] = [];
  /** Digits of the far party. */
  digits = '';
  readonly #folder: string;
  readonly #ear: string;
  readonly #child: Child;
  readonly #watchers = new Set<() => void>();

  static async start(options: LinphoneOptions): Promise<Linphone> {
    const phone = new Linphone(options, await freePorts(2), await freePorts(8));
    try {
      await phone.#isRegistered();
    } catch (error) {
      await phone.stop();
      throw error;
    }
    phone.say('soundcard use files');
    phone.say(`play ${writeTone(options.voice, 0.5, TONE_SECONDS)}`);
    phone.say(`record ${phone.#ear}`);
    return phone;
  }

  private constructor(options: LinphoneOptions, port: number, rtp: number) {
    this.options = options;
    this.#folder = mkdtempSync(join(tmpdir(), 'offhook-linphone-'));
    this.#ear = join(this.#folder, 'ear.wav');
    const config = join(this.#folder, 'linphonerc');
    writeFileSync(config, settings(options, port, rtp), { mode: 0o600 });
    // Where its databases go. It opens no port without them, and says nothing of that.
    mkdirSync(join(this.#folder, '.local/share/linphone'), { recursive: true });
    this.#child = new Child(
      '/usr/bin/env',
      // What it says would wait in a buffer.
      [`HOME=${this.#folder}`, 'stdbuf', '-oL', '/usr/bin/linphonec', '-S', '-c', config],
      this.#folder,
      true,
    );
    this.#child.onLine = (line) => {
      this.told.push(line);
      const digit = /Receiving tone (\S)/.exec(line)?.[1];
      this.digits += digit ?? '';
      for (const check of [...this.#watchers]) {
        check();
      }
    };
  }

  /** A command of its own: `call sip:…`, `answer`, `pause`, `resume <number of the call>`, `terminate`, or a digit. */
  say(command: string): void {
    this.#child.say(command);
  }

  /** Waits for a line like this. */
  isTold(like: RegExp, timeout?: number): Promise<void> {
    return this.#until(
      () => this.told.some((line) => like.test(line)),
      `Linphone was not told ${String(like)}`,
      timeout,
    );
  }

  /** Waits until the far party has pressed these. */
  gets(digits: string): Promise<void> {
    return this.#until(() => this.digits === digits, `Linphone got no ${digits}`);
  }

  /** Listens until it hears what `enough` wants, or the time is over. */
  hearUntil(enough: (heard: Spectrum) => boolean, timeout?: number): Promise<Spectrum> {
    return hearUntil(() => hearFile(this.#ear, FORMAT), enough, timeout);
  }

  async stop(): Promise<void> {
    await this.#child.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #isRegistered(): Promise<void> {
    const ask = setInterval(() => {
      this.say('status register');
    }, 200);
    try {
      await this.isTold(/registered, identity=/, START_MS);
    } finally {
      clearInterval(ask);
    }
  }

  async #until(holds: () => boolean, problem: string, timeout = 10_000): Promise<void> {
    if (holds()) {
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const check = (): void => {
        if (holds()) {
          clearTimeout(late);
          this.#watchers.delete(check);
          resolve();
        }
      };
      const late = setTimeout(() => {
        this.#watchers.delete(check);
        reject(new Error(`${problem}; digits ${this.digits}; it said:\n${this.told.join('\n')}`));
      }, timeout);
      this.#watchers.add(check);
    });
  }
}

function settings({ user, registrar }: LinphoneOptions, port: number, rtp: number): string {
  const { domain, login, password, transport } = registrar;
  const server = `<sip:127.0.0.1:${String(registrar.port)};transport=${transport}>`;
  return `[sip]
sip_port=${String(port)}
sip_tcp_port=${String(port)}
sip_tls_port=0
bind_address=127.0.0.1
use_ipv6=0
ipv6_migration_done=1
default_proxy=0
[rtp]
audio_rtp_port=${String(rtp)}-${String(rtp + 7)}
[video]
display=0
capture=0
automatically_initiate=0
automatically_accept=0
[proxy_0]
reg_proxy=${server}
reg_route=${server}
reg_identity=sip:${user}@${domain}
reg_expires=600
reg_sendregister=1
publish=0
[auth_info_0]
username=${user}
userid=${login}
passwd=${password}
realm=${domain}
`;
}
