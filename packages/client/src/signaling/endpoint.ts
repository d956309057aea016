import type { ClientOptions } from '../options.ts';

/** What decides where a socket goes, beside the options. */
export interface EndpointState {
  /** Sticky-routing token of an earlier connection. */
  readonly voiceSdkId: string | undefined;
  /** After a gateway failure: ask the front end for another back end. */
  readonly avoidLast: boolean;
  /** A canary back end has been reached before, so its token may be used. */
  readonly canaryReached: boolean;
}

type Where = Pick<ClientOptions, 'host' | 'env' | 'region' | 'rtcIp' | 'rtcPort'>;

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/i;
/** Pages are configured with `https:` as often as with `wss:`; both name the same server. */
const SCHEMES: Readonly<Record<string, string>> = {
  ws: 'ws',
  wss: 'wss',
  http: 'ws',
  https: 'wss',
};

/**
 * The address without the query that a session adds, in the form in which it identifies the gateway.
 * @throws TypeError that names the address, when it is none
 */
export function endpointOf(options: Where): URL {
  const { host, env, region, rtcIp, rtcPort } = options;
  if (host) {
    return parse(host);
  }
  if (rtcIp) {
    const given: unknown = rtcIp;
    const ip = String(given);
    const address = ip.includes(':') && !ip.startsWith('[') ? `[${ip}]` : ip;
    return parse(`${LOOPBACK.test(ip) ? 'ws' : 'wss'}://${address}:${rtcPort ?? 443}`);
  }
  const name = `rtc${env === 'development' ? 'dev' : ''}.telnyx.com`;
  return parse(`wss://${region ? `${region}.` : ''}${name}${rtcPort ? `:${rtcPort}` : ''}`);
}

function parse(address: unknown): URL {
  const text = String(address).trim();
  const [, scheme = 'wss', rest = text] = /^([a-z][a-z\d+.-]*):\/\/(.*)$/i.exec(text) ?? [];
  const known = SCHEMES[scheme.toLowerCase()];
  try {
    const url = new URL(`${known ?? ''}://${rest}`);
    // `https//host` reads as the host "https" with a path of two slashes.
    if (!url.pathname.startsWith('//')) {
      url.hash = '';
      return url;
    }
  } catch {
    // told below
  }
  throw new TypeError(`"${text}" is not the address of a gateway, such as wss://calls.example.com`);
}

/** Scheme, host and port, for texts and for requests beside the socket; '' when the options make no address. */
export function originOf(options: Where): string {
  try {
    return endpointOf(options).origin;
  } catch {
    return '';
  }
}

/** True towards the hosts that the reference's list of ICE servers belongs to. */
export function isTelnyxHost(options: Where): boolean {
  return /(^|\.)telnyx\.com(:\d+)?$/.test(originOf(options));
}

/**
 * Options and routing state → the URL of a new socket. Never holds credentials. A given `host` is not rewritten; what the default
 * host expresses by its name travels as query parameters there.
 * @throws TypeError when the options make no URL
 */
export function socketUrl(options: ClientOptions, state: EndpointState): string {
  const url = endpointOf(options);
  const query = url.searchParams;
  const { host, region, rtcIp, rtcPort } = options;
  const steered = Boolean(host && rtcIp && rtcPort);
  const direct = Boolean(!host && rtcIp);
  const canary = Boolean(options.useCanaryRtcServer) && !steered && !direct;
  if (steered) {
    query.set('rtc_ip', String(rtcIp));
    query.set('rtc_port', String(rtcPort));
  }
  const token = !steered && !direct && (!canary || state.canaryReached) && state.voiceSdkId;
  if (token) {
    query.set('voice_sdk_id', token);
  }
  if (canary) {
    query.set('canary', 'true');
  }
  if (token && (options.skipLastVoiceSdkId || state.avoidLast)) {
    query.set('skip_last_voice_sdk_id', 'true');
  }
  if (options.skipTrailing) {
    query.set('skip_trailing', 'true');
  }
  if (region && (host || rtcIp)) {
    query.set('region', region);
  }
  return url.href;
}

/** Where reports go, and what a no-cors `fetch` asks to learn whether the host answers: same host and port, no path, no query. */
export function httpOrigin(options: Where): string {
  return originOf(options).replace(/^ws/, 'http');
}
