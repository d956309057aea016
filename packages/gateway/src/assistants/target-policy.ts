import { lookup } from 'node:dns';
import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import { isPrivateAddress } from '../config/private-address.ts';
import type { Assistant, SecretRef } from './definition.ts';

export interface TargetRules {
  /** Hosts that administrators may name; empty: every public one. `*.example.com` is every name below it. */
  readonly hosts: readonly string[];
  /** Whether they may name this machine and private networks, beside those in `hosts`. */
  readonly privateHosts: boolean;
  /** To which hosts the key of an environment variable may go. */
  readonly keys: readonly { readonly env: string; readonly hosts: readonly string[] }[];
}

interface Target {
  readonly place: string;
  readonly url: string;
  readonly key: SecretRef | undefined;
}

/** `lookup` of node:dns, for all addresses of a name. */
type Resolve = (
  host: string,
  options: Parameters<LookupFunction>[1] & { readonly all: true },
  answer: (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void,
) => void;

/** Environment variables that an administrator may name. */
const OWN_KEYS = /^ASSISTANT_KEY_[A-Z0-9_]+$/;

/**
 * Where the assistants of administrators may connect to, and with which keys. An administrator of assistants is no operator of the
 * machine: a definition must reach neither services inside, nor take files or keys to an address of the administrator's choice.
 */
export class TargetPolicy {
  readonly #rules: TargetRules;
  readonly #resolve: Resolve;

  /** @param resolve looks names up; default: the system's way */
  constructor(rules: TargetRules, resolve: Resolve = lookup) {
    this.#rules = rules;
    this.#resolve = resolve;
  }

  /**
   * For the connection itself: a public name may lead inside, and what it leads to may have changed since the definition was looked at, so
   * the addresses that are connected to are looked at.
   */
  readonly lookup: LookupFunction = (host, options, answer) => {
    this.#resolve(host, { ...options, all: true }, (error, addresses) => {
      const inside = this.#mayBeInside(host)
        ? undefined
        : addresses.find(({ address }) => isPrivateAddress(address));
      const refusal = inside && new Error(`${host} leads to ${inside.address}: not allowed`);
      const [first] = addresses;
      if (error ?? refusal ?? !first) {
        answer(error ?? refusal ?? new Error(`${host} has no address`), []);
      } else if (options.all === true) {
        answer(null, [...addresses]);
      } else {
        answer(null, first.address, first.family);
      }
    });
  };

  #mayBeInside(host: string): boolean {
    const { hosts, privateHosts } = this.#rules;
    return privateHosts || hosts.some((pattern) => fits(host.toLowerCase(), pattern));
  }

  /** What is wrong with it, with the place; null when all is well. */
  objection(assistant: Assistant): string | null {
    for (const { version, tools } of assistant.versions) {
      // Whom callers reach by the gateway's own telephones is the operator's to say.
      const handsOver = tools.find(({ run }) => run !== 'page' && 'transfer' in run);
      if (handsOver) {
        return `version ${version}, tool ${handsOver.name}: transfers stand in the configuration file`;
      }
    }
    for (const target of targetsOf(assistant)) {
      const objection = this.#objectionTo(target);
      if (objection !== null) {
        return `${target.place}: ${objection}`;
      }
    }
    return null;
  }

  #objectionTo({ url, key }: Target): string | null {
    const host =
      URL.parse(url)
        ?.hostname.replace(/^\[|\]$/g, '')
        .replace(/\.$/, '') ?? '';
    const { hosts, privateHosts, keys } = this.#rules;
    const isListed = hosts.some((pattern) => fits(host, pattern));
    if (!isListed && isInside(host)) {
      if (!privateHosts) {
        return `${host} is on this machine or in a private network; the operator may allow it in assistantPolicy`;
      }
    } else if (!isListed && hosts.length > 0) {
      return `${host} is none of assistantPolicy.hosts`;
    }
    if (key === undefined) {
      return null;
    }
    if (!('env' in key) || !OWN_KEYS.test(key.env)) {
      return 'here only {"env": "ASSISTANT_KEY_..."}; the configuration file may name others';
    }
    const name = key.env;
    const allowed = keys.some(
      ({ env, hosts: to }) => env === name && to.some((pattern) => fits(host, pattern)),
    );
    return allowed
      ? null
      : `${key.env} may not go to ${host}; the operator allows it in assistantPolicy.keys`;
  }
}

function targetsOf({ versions }: Assistant): Target[] {
  return versions.flatMap(({ version, engine, tools }) => {
    const at = `version ${version}`;
    const targets: Target[] = tools.flatMap(({ name, run }) =>
      run !== 'page' && 'url' in run
        ? [{ place: `${at}, tool ${name}`, url: run.url, key: run.key }]
        : [],
    );
    switch (engine.kind) {
      case 'local':
        return targets;
      case 'openai-realtime':
        return [...targets, { place: `${at}, engine`, url: engine.url, key: engine.key }];
      case 'cascade':
        for (const part of ['stt', 'chat', 'tts'] as const) {
          const { url, key } = engine[part];
          targets.push({ place: `${at}, ${part}`, url, key });
        }
        return targets;
    }
  });
}

function fits(host: string, pattern: string): boolean {
  const wanted = pattern.toLowerCase();
  return wanted.startsWith('*.') ? host.endsWith(wanted.slice(1)) : host === wanted;
}

/** Names that no public name server answers for, and addresses that nobody on the internet has. */
function isInside(host: string): boolean {
  if (isIP(host) !== 0) {
    return isPrivateAddress(mapped(host));
  }
  return !host.includes('.') || /\.(localhost|local|internal|intranet|lan|home\.arpa)$/.test(host);
}

/** `::ffff:127.0.0.1` as a URL writes it (`::ffff:7f00:1`) is the IPv4 address in it. */
function mapped(host: string): string {
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(host) ?? [];
  if (high === undefined || low === undefined) {
    return host;
  }
  const value = Number.parseInt(high, 16) * 65_536 + Number.parseInt(low, 16);
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
}
