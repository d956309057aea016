import type { IClientOptions } from '../options.ts';

/** What decides where a socket goes, beside the options. */
export interface EndpointState {
  /** Sticky-routing token of an earlier connection. */
  readonly voiceSdkId: string | undefined;
  /** After a gateway failure: ask the front end for another back end. */
  readonly avoidLast: boolean;
  /** A canary back end has been reached before, so its token may be used. */
  readonly canaryReached: boolean;
}

type Where = Pick<IClientOptions, 'host' | 'env' | 'region' | 'rtcIp' | 'rtcPort'>;

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/i;

/** The address without the query that a session adds, in the form in which it identifies the gateway. */
export function baseUrl(options: Where): URL {
  const { host, env, region, rtcIp, rtcPort } = options;
  if (host) return new URL(/^wss?:\/\//i.test(host) ? host : `wss://${host}`);
  if (rtcIp) {
    const address = rtcIp.includes(':') && !rtcIp.startsWith('[') ? `[${rtcIp}]` : rtcIp;
    return new URL(`${LOOPBACK.test(rtcIp) ? 'ws' : 'wss'}://${address}:${rtcPort ?? 443}`);
  }
  const name = `rtc${env === 'development' ? 'dev' : ''}.telnyx.com`;
  return new URL(`wss://${region ? `${region}.` : ''}${name}${rtcPort ? `:${rtcPort}` : ''}`);
}

/** True towards the hosts that the reference's list of ICE servers belongs to. */
export function isTelnyxHost(options: Where): boolean {
  return /(^|\.)telnyx\.com$/.test(baseUrl(options).hostname);
}

/**
 * Options and routing state → the URL of a new socket. Never holds credentials. A given `host` is not rewritten; what the default
 * host expresses by its name travels as query parameters there.
 * @throws TypeError when the options make no URL
 */
export function socketUrl(options: IClientOptions, state: EndpointState): string {
  const url = baseUrl(options);
  const query = url.searchParams;
  const { host, region, rtcIp, rtcPort } = options;
  const steered = Boolean(host && rtcIp && rtcPort);
  const direct = Boolean(!host && rtcIp);
  const canary = Boolean(options.useCanaryRtcServer) && !steered && !direct;
  if (steered) {
    query.set('rtc_ip', rtcIp as string);
    query.set('rtc_port', String(rtcPort));
  }
  const token = !steered && !direct && (!canary || state.canaryReached) && state.voiceSdkId;
  if (token) query.set('voice_sdk_id', token);
  if (canary) query.set('canary', 'true');
  if (token && (options.skipLastVoiceSdkId || state.avoidLast)) {
    query.set('skip_last_voice_sdk_id', 'true');
  }
  if (options.skipTrailing) query.set('skip_trailing', 'true');
  if (region && (host || rtcIp)) query.set('region', region);
  return url.href;
}

/** What a no-cors `fetch` asks to learn whether the host answers at all: same origin, no path, no query. */
export function probeUrl(options: Where): string {
  const url = baseUrl(options);
  return `${url.protocol === 'ws:' ? 'http' : 'https'}://${url.host}/`;
}
