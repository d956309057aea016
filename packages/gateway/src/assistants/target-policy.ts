import type { LookupFunction } from 'node:net';
import { hostOf, isInsideHost, publicLookup } from '../public-hosts.ts';
import type { Resolve } from '../public-hosts.ts';
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

/** Environment variables that an administrator may name. */
const OWN_KEYS = /^ASSISTANT_KEY_[A-Z0-9_]+$/;

/**
 * Where the assistants of administrators may connect to, and with which keys. An administrator of assistants is no operator of the
 * machine: a definition must reach neither services inside, nor take files or keys to an address of the administrator's choice.
 */
export class TargetPolicy {
  readonly #rules: TargetRules;
  /** For the connections themselves. */
  readonly lookup: LookupFunction;

  /** @param resolve looks names up; default: the system's way */
  constructor(rules: TargetRules, resolve?: Resolve) {
    this.#rules = rules;
    this.lookup = publicLookup((host) => this.#mayBeInside(host), resolve);
  }

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
    const parsed = URL.parse(url);
    const host = parsed === null ? '' : hostOf(parsed);
    const { hosts, privateHosts, keys } = this.#rules;
    const isListed = hosts.some((pattern) => fits(host, pattern));
    if (!isListed && isInsideHost(host)) {
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
