import { describe, expect, it } from 'vitest';
import { route } from './route.ts';
import type { RouteTable, UpstreamState } from './route.ts';

const table: RouteTable = {
  defaultPool: ['a', 'b'],
  canaryPool: ['c'],
  regions: new Map([['eu', ['e']]]),
  steerable: new Map([['10.0.0.5:8080', 'b']]),
};
const up: UpstreamState = { up: true, draining: false, connections: 0 };

function go(
  query: string,
  options: { host?: string; sticky?: string; states?: Record<string, Partial<UpstreamState>> } = {},
) {
  const result = route(
    table,
    { query: new URLSearchParams(query), host: options.host, stickyNode: options.sticky ?? null },
    (name) => ({ ...up, ...options.states?.[name] }),
  );
  return result.ok ? `${result.by}:${result.upstreams.join(',')}` : String(result.status);
}

describe('the edge routes a connection', () => {
  it('to the default pool, least loaded first', () => {
    expect(go('', { states: { a: { connections: 2 } } })).toBe('default:b,a');
  });

  it('to the pool of its region, by query or by the first label of Host', () => {
    expect(go('region=eu')).toBe('region:e,a,b');
    expect(go('', { host: 'eu.calls.example' })).toBe('region:e,a,b');
  });

  it('of an unknown region to the default pool', () => {
    expect(go('region=mars')).toBe('default:a,b');
  });

  it('of a canary to the canary pool, before its region', () => {
    expect(go('canary=true&region=eu')).toBe('canary:c,e,a,b');
  });

  it('to the gateway that holds its session, whatever the region says', () => {
    expect(go('region=eu', { sticky: 'b' })).toBe('session:b,e,a');
  });

  it('away from its last gateway when asked to skip it, while another is up', () => {
    expect(go('skip_last_voice_sdk_id=true', { sticky: 'a' })).toBe('default:b,a');
    expect(go('skip_last_voice_sdk_id=true', { sticky: 'a', states: { b: { up: false } } })).toBe(
      'default:a',
    );
  });

  it('to a draining gateway only for a session that it holds', () => {
    const states = { a: { draining: true } };
    expect(go('', { states })).toBe('default:b');
    expect(go('', { states, sticky: 'a' })).toBe('session:a,b');
  });

  it('past gateways that are down', () => {
    expect(go('region=eu', { states: { e: { up: false } } })).toBe('default:a,b');
    expect(go('', { sticky: 'a', states: { a: { up: false } } })).toBe('default:b');
  });

  it('by rtc_ip and rtc_port only to what is on the allow-list', () => {
    expect(go('rtc_ip=10.0.0.5&rtc_port=8080', { sticky: 'a' })).toBe('address:b');
    expect(go('rtc_ip=10.0.0.6&rtc_port=8080')).toBe('403');
    expect(go('rtc_ip=10.0.0.5')).toBe('403');
  });

  it('nowhere when all are down', () => {
    const states = { a: { up: false }, b: { up: false } };
    expect(go('', { states })).toBe('503');
  });
});
