import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import * as v from 'valibot';
import { ConfigError } from '../config.ts';
import type { RouteTable } from './route.ts';

const name = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be a short lower-case name'),
);
const names = v.pipe(v.array(name), v.minLength(1, 'must name a gateway'));
const upstreamUrl = v.pipe(
  v.string(),
  v.check((text) => {
    const url = URL.parse(text);
    return (
      url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/' && url.search === ''
    );
  }, 'must be an http or https address without a path'),
);
const steerable = v.pipe(
  v.string(),
  v.check((text) => {
    const at = text.lastIndexOf(':');
    return isIP(text.slice(0, at)) !== 0 && /^\d{1,5}$/.test(text.slice(at + 1));
  }, 'must be address:port'),
);

const EdgeSchema = v.strictObject({
  host: v.optional(v.string(), '127.0.0.1'),
  port: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535)), 8080),
  /** Paths of PEM files. Absent: plain HTTP, behind a proxy that ends TLS. */
  tls: v.exactOptional(v.strictObject({ cert: v.string(), key: v.string() })),
  /** Signs `voice_sdk_id`; every gateway behind the edge has the same one as `edge.secret`. */
  secret: v.pipe(v.string(), v.minLength(32, 'must be 32 characters or more')),
  /** Addresses of proxies before the edge whose X-Forwarded-For is believed. */
  trustProxy: v.optional(v.array(v.string()), []),
  upstreams: v.pipe(
    v.record(name, v.strictObject({ url: upstreamUrl })),
    v.check((record) => Object.keys(record).length > 0, 'must hold a gateway'),
  ),
  pools: v.strictObject({
    default: names,
    canary: v.optional(names),
    regions: v.optional(v.record(name, names), {}),
  }),
  /** `address:port` → upstream: what `rtc_ip` and `rtc_port` may choose. */
  rtc: v.optional(v.record(steerable, name), {}),
  /** Milliseconds between health checks of each upstream. */
  healthIntervalMs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(100)), 2000),
});

export type EdgeConfig = v.InferOutput<typeof EdgeSchema>;

/** @throws {ConfigError} listing every problem. */
export function edgeConfigFrom(input: unknown): EdgeConfig {
  const result = v.safeParse(EdgeSchema, input);
  if (!result.success) {
    throw new ConfigError(
      result.issues.map((issue) => ({
        path: (issue.path ?? []).map((item) => String(item.key)).join('.'),
        message: issue.message,
      })),
    );
  }
  const config = result.output;
  const used: [string, readonly string[]][] = [
    ['pools.default', config.pools.default],
    ['pools.canary', config.pools.canary ?? []],
    ...Object.entries(config.pools.regions).map(([region, list]): [string, readonly string[]] => [
      `pools.regions.${region}`,
      list,
    ]),
    ['rtc', Object.values(config.rtc)],
  ];
  const problems = used.flatMap(([path, list]) =>
    list
      .filter((upstream) => !(upstream in config.upstreams))
      .map((upstream) => ({
        path,
        message: `names ${upstream}, which is not among the upstreams`,
        fix: 'add it to upstreams, or remove it here',
      })),
  );
  if (problems.length > 0) {
    throw new ConfigError(problems);
  }
  return config;
}

/** @throws {ConfigError} when the file cannot be read, is not JSON, or does not hold. */
export function loadEdgeConfig(file: string): EdgeConfig {
  let input: unknown;
  try {
    input = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ConfigError([
      {
        path: file,
        message: error instanceof Error ? error.message : String(error),
        fix: 'give a JSON file',
      },
    ]);
  }
  return edgeConfigFrom(input);
}

export function routeTable(config: EdgeConfig): RouteTable {
  return {
    defaultPool: config.pools.default,
    canaryPool: config.pools.canary ?? [],
    regions: new Map(Object.entries(config.pools.regions)),
    steerable: new Map(Object.entries(config.rtc)),
  };
}
