/**
 * Where a connection goes: the edge's whole decision, as a pure function of the request, the configuration and the upstreams'
 * health. First match wins:
 *
 * 1. `rtc_ip` and `rtc_port`: that gateway, if the pair is on the allow-list; else refused.
 * 2. `voice_sdk_id` signed by one of our gateways, without `skip_last_voice_sdk_id`: that gateway, if it is up.
 * 3. `canary=true`: the canary pool, where there is one.
 * 4. The region: `region`, else the first label of `Host` where that is a configured region.
 * 5. The default pool; also for a region that is not configured (its gateway's own `region` then shows in `gatewayState`).
 *
 * Inside a pool: the gateway with the fewest connections of those that are up and take new calls; with none, the next pool down.
 */
export interface UpstreamState {
  /** Answers its health check. */
  readonly up: boolean;
  /** Up, but on its way out: only for clients whose session it holds. */
  readonly draining: boolean;
  readonly connections: number;
}

export interface RouteTable {
  /** Names of upstreams, pool by pool. */
  readonly defaultPool: readonly string[];
  readonly canaryPool: readonly string[];
  readonly regions: ReadonlyMap<string, readonly string[]>;
  /** `address:port` of gateways that `rtc_ip` and `rtc_port` may name, with the upstream's name. */
  readonly steerable: ReadonlyMap<string, string>;
}

export interface RouteRequest {
  readonly query: URLSearchParams;
  /** The `Host` header. */
  readonly host: string | undefined;
  /** The node in a valid `voice_sdk_id` (query, or the `x-voice-sdk-id` header of uploads). */
  readonly stickyNode: string | null;
}

export type Route =
  | {
      readonly ok: true;
      /** In the order to try them. */
      readonly upstreams: readonly string[];
      readonly by: 'address' | 'session' | 'canary' | 'region' | 'default';
    }
  | {
      readonly ok: false;
      readonly status: 403 | 503;
      readonly error: string;
      readonly message: string;
    };

export function route(
  table: RouteTable,
  request: RouteRequest,
  state: (name: string) => UpstreamState,
): Route {
  const steered = steering(table, request.query);
  if (steered !== null) {
    return steered;
  }

  const { stickyNode } = request;
  const skip = request.query.get('skip_last_voice_sdk_id') === 'true';
  const sticky = stickyNode !== null && !skip && state(stickyNode).up ? [stickyNode] : [];
  const pools = poolsFor(table, request);
  const taking = (name: string): boolean => state(name).up && !state(name).draining;
  const ranked = pools.flatMap((pool) =>
    // A client that asks to skip its last gateway gets it back only when there is no other.
    [...pool.names].filter(taking).sort(byLoad(state, skip ? stickyNode : null)),
  );
  const upstreams = [...new Set([...sticky, ...ranked])];
  if (upstreams.length === 0) {
    return { ok: false, status: 503, error: 'no_upstream', message: 'No gateway is available' };
  }
  const by =
    sticky.length > 0
      ? 'session'
      : (pools.find((pool) => pool.names.some(taking))?.by ?? 'default');
  return { ok: true, upstreams, by };
}

function steering(table: RouteTable, query: URLSearchParams): Route | null {
  const address = query.get('rtc_ip');
  const port = query.get('rtc_port');
  if (address === null && port === null) {
    return null;
  }
  const name = table.steerable.get(`${address ?? ''}:${port ?? ''}`);
  if (name !== undefined) {
    return { ok: true, upstreams: [name], by: 'address' };
  }
  return {
    ok: false,
    status: 403,
    error: 'rtc_ip_not_allowed',
    message: 'rtc_ip and rtc_port do not name a gateway that clients may choose',
  };
}

function poolsFor(
  table: RouteTable,
  request: RouteRequest,
): { readonly names: readonly string[]; readonly by: 'canary' | 'region' | 'default' }[] {
  const region = regionPool(table, request);
  const canary = request.query.get('canary') === 'true' ? table.canaryPool : [];
  return [
    { names: canary, by: 'canary' },
    { names: region, by: 'region' },
    { names: table.defaultPool, by: 'default' },
  ];
}

function regionPool(table: RouteTable, request: RouteRequest): readonly string[] {
  const asked = request.query.get('region') ?? request.host?.split('.')[0];
  return table.regions.get((asked ?? '').toLowerCase()) ?? [];
}

function byLoad(state: (name: string) => UpstreamState, last: string | null) {
  return (a: string, b: string): number =>
    Number(a === last) - Number(b === last) || state(a).connections - state(b).connections;
}
