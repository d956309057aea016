import type { ServiceName } from '../services/service.ts';
import { when, type Soon } from '../soon.ts';
import type { AssistantTarget } from './assistants.ts';

/** Where a dialled destination leads. */
export type Route =
  | { readonly kind: 'service'; readonly service: ServiceName }
  | { readonly kind: 'assistant'; readonly target: AssistantTarget }
  | { readonly kind: 'user'; readonly user: string }
  /** `foreign`: an address of a domain that is not ours (no trunk yet). `unknown`: nobody here has that name. */
  | { readonly kind: 'none'; readonly why: 'foreign' | 'unknown' };

export interface DialplanDeps {
  /** Whether a name is a user of ours, registered or not. */
  readonly exists: (user: string) => Soon<boolean>;
  /** Further numbers of services, as an operator wrote them. */
  readonly services?: ServiceNumbers;
  /** Domains of `sip:` addresses that are ours, beside loopback names. Lower case. */
  readonly domains: readonly string[];
  /** The assistant of that name or number. */
  readonly assistant?: (name: string) => AssistantTarget | null;
}

/** Numbers by service, beside the built-in ones. */
export type ServiceNumbers = Readonly<Partial<Record<ServiceName, readonly string[]>>>;

const SERVICES: ReadonlyMap<string, ServiceName> = new Map([
  ['echo', 'echo'],
  ['9196', 'echo'],
  // What the reference's `runPreCall()` and `runNetworkCheck()` dial when they are told nothing else.
  ['+18722315806', 'echo'],
  ['tone', 'tone'],
  ['9197', 'tone'],
  ['dtmf', 'dtmf'],
  ['9185', 'dtmf'],
]);

const MAX_DESTINATION = 256;

/** Services and assistants come before users, so that nobody can take their numbers by choosing them as a name. */
export function route(destination: string, deps: DialplanDeps): Soon<Route> {
  if (destination.length > MAX_DESTINATION) {
    return { kind: 'none', why: 'unknown' };
  }
  const address = parseAddress(destination.trim());
  if (address === null) {
    return { kind: 'none', why: 'unknown' };
  }
  if (address.host !== null && !isOurs(address.host, deps.domains)) {
    return { kind: 'none', why: 'foreign' };
  }
  const service = serviceOf(address.user, deps.services ?? {});
  if (service !== null) {
    return { kind: 'service', service };
  }
  const target = deps.assistant?.(address.user) ?? null;
  if (target !== null) {
    return { kind: 'assistant', target };
  }
  const { user } = address;
  return when(deps.exists(user), (exists) =>
    exists ? { kind: 'user', user } : { kind: 'none', why: 'unknown' },
  );
}

function serviceOf(dialled: string, numbers: ServiceNumbers): ServiceName | null {
  const number = plainNumber(dialled);
  const builtIn = SERVICES.get(number);
  if (builtIn !== undefined) {
    return builtIn;
  }
  for (const [service, own] of Object.entries(numbers) as [ServiceName, readonly string[]][]) {
    if (own.some((each) => plainNumber(each) === number)) {
      return service;
    }
  }
  return null;
}

/** `+1-872-231-5806` and `+1 (872) 231 5806` are `+18722315806` (RFC 3966, 5.1.1); a name stays as it is, in small letters. */
function plainNumber(text: string): string {
  return /^\+?[\d\s().-]+$/.test(text) ? text.replace(/[\s().-]/g, '') : text.toLowerCase();
}

/** `1001`, `1001@host`, `sip:1001@host:5060;transport=ws`, `sips:…` (RFC 3261, 19.1.1, without the password part). */
function parseAddress(text: string): { user: string; host: string | null } | null {
  const rest = /^sips?:/i.test(text) ? text.slice(text.indexOf(':') + 1) : text;
  const at = rest.lastIndexOf('@');
  if (at === -1) {
    return rest === '' ? null : { user: rest.split(';', 1)[0] ?? '', host: null };
  }
  const user = safeDecode(rest.slice(0, at).split(';', 1)[0] ?? '');
  const host = hostOf(rest.slice(at + 1));
  return user === '' || host === '' ? null : { user, host };
}

function hostOf(text: string): string {
  const bare = text.split(/[;?]/, 1)[0] ?? '';
  const bracketed = /^\[([^\]]+)\]/.exec(bare);
  return (bracketed?.[1] ?? bare.split(':', 1)[0] ?? '').toLowerCase();
}

function isOurs(host: string, domains: readonly string[]): boolean {
  if (host === 'localhost' || host.endsWith('.localhost') || host === '::1') {
    return true;
  }
  if (/^127(\.\d{1,3}){3}$/.test(host)) {
    return true;
  }
  return domains.includes(host);
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
