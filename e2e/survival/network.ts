import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The network between one browser and everything else, and what can go wrong with it. */
export interface Network {
  /** Where the browser finds the servers. */
  readonly server: string;
  /** Begins of the addresses that the browser may have; empty when they cannot be told from others'. */
  readonly clients: readonly string[];
  /** False on machines where namespaces are not allowed: then the relay has to do what it can. */
  readonly namespace: boolean;
  /** The command that starts this program, or another Node program, behind the network. */
  inside(command: string): { readonly command: string; readonly args: readonly string[] };
  /** A program for Playwright that starts the browser behind the network. */
  executable(browser: string): string;
  /** Processes behind the network; empty without a namespace. */
  pids(): number[];
  /** Nothing passes, and nobody is told. */
  drop(on: boolean): void;
  /** TCP to the servers vanishes, also what opens new connections. */
  dropTcp(on: boolean): void;
  /** No UDP passes, as in offices that let nothing out but web pages. */
  dropUdp(on: boolean): void;
  /** UDP packets that vanished so. */
  droppedUdp(): number;
  /** Each TCP packet vanishes with this probability; 0 stops it. */
  loseTcp(probability: number): void;
  /** The only link goes down, or comes up again. */
  link(up: boolean): void;
  /** Another interface with another address comes, unused as yet. */
  bring(): void;
  /** The other interface takes over, the old one goes with its address. Returns when it went (epoch ms). */
  swap(): number;
  dispose(): void;
}

/** Without a namespace: all on loopback, no fault of the network. */
export class Loopback implements Network {
  readonly server = '127.0.0.2';
  readonly clients = [];
  readonly namespace = false;
  inside = (command: string) => ({ command, args: [] });
  executable = (browser: string) => browser;
  pids = () => [];
  drop = unsupported;
  dropTcp = unsupported;
  dropUdp = unsupported;
  droppedUdp = unsupported;
  loseTcp = () => undefined;
  link = unsupported;
  bring = unsupported;
  swap = unsupported;
  dispose = () => undefined;
}

function unsupported(): never {
  throw new Error('This fault needs a network namespace.');
}

/**
 * A namespace with two virtual cables of which one is in use, and an address for the servers that both reach. All names
 * carry our process id, so that what a killed run left is known by its dead owner.
 */
export class Namespace implements Network {
  readonly server: string;
  readonly clients: readonly string[];
  readonly namespace = true;
  readonly #name: string;
  readonly #label: string;
  readonly #subnet: string;
  readonly #folder = ownFolder('netns');
  #live = 0;

  /** Why none can be made here; undefined when one can. */
  static refusal(): string | undefined {
    if (process.getuid?.() !== 0) {
      return 'only root may make network namespaces';
    }
    const name = `${PREFIX}${String(process.pid)}-try`;
    try {
      ip('netns', 'add', name);
      ip('netns', 'exec', name, 'iptables', '-A', 'INPUT', '-p', 'udp', '-j', 'DROP');
      return undefined;
    } catch (error) {
      return String(error instanceof Error ? error.message : error).split('\n')[0];
    } finally {
      attempt('netns', 'del', name);
    }
  }

  constructor() {
    sweep();
    const pid = String(process.pid);
    this.#name = `${PREFIX}${pid}`;
    this.#label = `lo:of${pid}`;
    this.#subnet = freeSubnet();
    this.server = `${this.#subnet}.0.1`;
    this.clients = [`${this.#subnet}.1.`, `${this.#subnet}.2.`];
    try {
      this.#make();
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  inside(command: string) {
    return { command: 'ip', args: ['netns', 'exec', this.#name, command] };
  }

  executable(browser: string): string {
    const path = join(this.#folder, 'browser.sh');
    writeFileSync(path, `#!/bin/sh\nexec ip netns exec ${this.#name} ${browser} "$@"\n`);
    chmodSync(path, 0o755);
    return path;
  }

  pids(): number[] {
    return ip('netns', 'pids', this.#name).split('\n').filter(Boolean).map(Number);
  }

  drop(on: boolean): void {
    for (const chain of ['INPUT', 'OUTPUT']) {
      this.#iptables(on ? '-I' : '-D', chain, '!', '-o', 'lo', '-j', 'DROP');
    }
  }

  dropTcp(on: boolean): void {
    this.#iptables(on ? '-I' : '-D', 'OUTPUT', '-p', 'tcp', '-d', this.server, '-j', 'DROP');
    this.#iptables(on ? '-I' : '-D', 'INPUT', '-p', 'tcp', '-s', this.server, '-j', 'DROP');
  }

  dropUdp(on: boolean): void {
    for (const chain of ['INPUT', 'OUTPUT']) {
      this.#iptables(on ? '-I' : '-D', chain, '-p', 'udp', '-j', 'DROP');
    }
  }

  droppedUdp(): number {
    const table = ip('netns', 'exec', this.#name, 'iptables', '-w', '-L', '-v', '-x', '-n');
    const rules = [...table.matchAll(/^\s*(\d+)\s+\d+\s+DROP\s+(?:udp|17)\s/gm)];
    return rules.reduce((sum, [, packets]) => sum + Number(packets), 0);
  }

  loseTcp(probability: number): void {
    this.#iptables('-F', 'INPUT');
    if (probability === 0) {
      return;
    }
    const dice = ['-m', 'statistic', '--mode', 'random', '--probability', String(probability)];
    this.#iptables('-A', 'INPUT', '-p', 'tcp', '-s', this.server, ...dice, '-j', 'DROP');
  }

  link(up: boolean): void {
    this.#inside('link', 'set', near(this.#live), up ? 'up' : 'down');
    if (up) {
      this.#route();
    }
  }

  bring(): void {
    const other = 1 - this.#live;
    this.#inside('link', 'set', near(other), 'up');
    this.#inside('addr', 'replace', this.#address(other, 2), 'dev', near(other));
  }

  swap(): number {
    this.bring();
    const old = this.#live;
    this.#live = 1 - old;
    this.#route();
    this.#inside('addr', 'flush', 'dev', near(old));
    this.#inside('link', 'set', near(old), 'down');
    return Date.now();
  }

  dispose(): void {
    for (const index of [0, 1]) {
      attempt('link', 'del', far(index));
    }
    attempt('netns', 'del', this.#name);
    attempt('addr', 'del', `${this.server}/32`, 'dev', 'lo');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #make(): void {
    ip('netns', 'add', this.#name);
    // The tests speak IPv4. A new interface that looks for duplicates of its IPv6 address changes once more a second later, and Chromium,
    // which believes a change when nothing changed for 2 s, tells its pages a second later.
    this.#without('ipv6/conf/all/disable_ipv6');
    this.#without('ipv6/conf/default/disable_ipv6');
    ip('addr', 'add', `${this.server}/32`, 'dev', 'lo', 'label', this.#label);
    for (const index of [0, 1]) {
      const peer = ['peer', 'name', near(index), 'netns', this.#name];
      ip('link', 'add', far(index), 'type', 'veth', ...peer);
      ip('addr', 'add', this.#address(index, 1), 'dev', far(index));
      ip('link', 'set', far(index), 'up');
    }
    this.#inside('link', 'set', 'lo', 'up');
    this.#inside('addr', 'add', this.#address(0, 2), 'dev', near(0));
    this.#inside('link', 'set', near(0), 'up');
    this.#route();
  }

  #route(): void {
    const via = this.#address(this.#live, 1).split('/')[0] ?? '';
    this.#inside('route', 'replace', 'default', 'via', via, 'dev', near(this.#live));
  }

  #address(index: number, host: number): string {
    return `${this.#subnet}.${String(index + 1)}.${String(host)}/24`;
  }

  #without(setting: string): void {
    const file = `/proc/sys/net/${setting}`;
    ip('netns', 'exec', this.#name, 'sh', '-c', `[ ! -e ${file} ] || echo 1 > ${file}`);
  }

  #inside(...args: string[]): void {
    ip('-n', this.#name, ...args);
  }

  #iptables(...args: string[]): void {
    // `!  -o lo` has no meaning for what comes in.
    const rule = args[1] === 'INPUT' ? args.map((arg) => (arg === '-o' ? '-i' : arg)) : args;
    ip('netns', 'exec', this.#name, 'iptables', '-w', ...rule);
  }
}

const PREFIX = 'offhook-';
const near = (index: number): string => `net${String(index)}`;
const far = (index: number): string => `of${String(process.pid)}x${String(index)}`;

function ip(...args: string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function attempt(...args: string[]): string {
  try {
    return ip(...args);
  } catch {
    return '';
  }
}

/** A temporary folder that is known by its owner, as everything else is. */
export const ownFolder = (what: string): string =>
  mkdtempSync(join(tmpdir(), `${PREFIX}${what}-${String(process.pid)}-`));

/** Two octets that no address of this machine begins with. */
function freeSubnet(): string {
  const used = ip('-o', '-4', 'addr');
  for (let octet = 200; octet < 250; octet += 1) {
    if (!used.includes(` 10.${String(octet)}.`)) {
      return `10.${String(octet)}`;
    }
  }
  throw new Error('No free subnet for the tests.');
}

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** Takes away what runs left that were killed: their names carry the process ids of their owners. */
function sweep(): void {
  for (const line of attempt('netns', 'list').split('\n')) {
    const [name = ''] = line.split(' ');
    const pid = new RegExp(`^${PREFIX}(\\d+)(-try)?$`).exec(name)?.[1];
    if (pid === undefined || isRunning(Number(pid))) {
      continue;
    }
    for (const left of attempt('netns', 'pids', name).split('\n').filter(Boolean)) {
      if (isRunning(Number(left))) {
        process.kill(Number(left), 'SIGKILL');
      }
    }
    attempt('netns', 'del', name);
  }
  for (const name of readdirSync(tmpdir())) {
    const pid = new RegExp(`^${PREFIX}(netns|survival)-(\\d+)-`).exec(name)?.[2];
    if (pid !== undefined && !isRunning(Number(pid))) {
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    }
  }
  for (const [, link = '', pid = ''] of attempt('-o', 'link').matchAll(/\b(of(\d+)x[01])@/g)) {
    if (!isRunning(Number(pid))) {
      attempt('link', 'del', link);
    }
  }
  const labelled = /inet (\S+) scope \S+ lo:of(\d+)/g;
  for (const [, address = '', pid = ''] of attempt('-o', 'addr', 'show', 'lo').matchAll(labelled)) {
    if (!isRunning(Number(pid))) {
      attempt('addr', 'del', address, 'dev', 'lo');
    }
  }
}
