import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { configFrom } from '../src/config.ts';
import { startGateway } from '../src/gateway.ts';
import { silentLogger } from '../src/logging/logger.ts';
import { FakeMediaPlane } from '../src/media/testing/fake-media-plane.ts';
import { createSignalingServer } from '../src/signaling/server.ts';

const deploy = fileURLToPath(new URL('../../../deploy', import.meta.url));
const file = (name: string): string => readFileSync(join(deploy, name), 'utf8');
const PROMTOOL = '/usr/bin/promtool';
const run = promisify(execFile);

const target = v.object({ refId: v.string(), expr: v.pipe(v.string(), v.nonEmpty()) });
const panel = v.object({
  id: v.number(),
  type: v.picklist(['row', 'timeseries', 'stat']),
  title: v.pipe(v.string(), v.nonEmpty()),
  gridPos: v.object({ h: v.number(), w: v.number(), x: v.number(), y: v.number() }),
  targets: v.optional(v.array(target), []),
});
/** What Grafana needs of a dashboard. */
const Dashboard = v.object({
  uid: v.string(),
  title: v.string(),
  schemaVersion: v.number(),
  templating: v.object({ list: v.array(v.object({ name: v.string(), type: v.string() })) }),
  panels: v.array(panel),
});

/** The names of series that a running gateway has, as Prometheus stores them. */
async function series(): Promise<Set<string>> {
  const folder = mkdtempSync(join(tmpdir(), 'offhook-monitoring-'));
  const config = configFrom({
    port: 0,
    dataDir: folder,
    drain: { callSeconds: 0, idleSeconds: 0 },
  });
  const gateway = await startGateway(config, silentLogger(), {
    createSignaling: createSignalingServer,
    createMedia: () => new FakeMediaPlane(),
  });
  try {
    const text = await (await fetch(`${gateway.url}/metrics`)).text();
    const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
    return new Set(
      types.flatMap(([, name = '', type]) =>
        type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
      ),
    );
  } finally {
    await gateway.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const named = (text: string): string[] => [
  ...new Set(text.match(/\b(offhook|process|nodejs)_[a-z0-9_]+/g) ?? []),
];

describe('Files for monitoring', () => {
  it('name only what a gateway tells', async () => {
    const known = await series();
    const dashboard = v.parse(Dashboard, JSON.parse(file('grafana/offhook.json')));
    const shown = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    const alerts = file('prometheus/alerts.yml');
    const used = named([...shown, alerts].join('\n'));
    expect(used.length).toBeGreaterThan(20);
    expect(used.filter((name) => !known.has(name))).toEqual([]);
  });

  it('the dashboard is one that Grafana takes: ids of their own, nothing upon something else', () => {
    const { panels } = v.parse(Dashboard, JSON.parse(file('grafana/offhook.json')));
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => {
      expect(x + w).toBeLessThanOrEqual(24);
      return Array.from(
        { length: w * h },
        (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`,
      );
    });
    expect(new Set(cells).size).toBe(cells.length);
  });

  // `npm test` installs it.
  it.skipIf(!existsSync(PROMTOOL))('the alerts are rules that fire when they should', async () => {
    const { stdout } = await run(PROMTOOL, ['check', 'rules', 'alerts.yml'], {
      cwd: join(deploy, 'prometheus'),
    });
    expect(stdout).toContain('SUCCESS: 15 rules found');
    const tested = await run(PROMTOOL, ['test', 'rules', 'alerts.test.yml'], {
      cwd: join(deploy, 'prometheus'),
    });
    expect(tested.stdout).toContain('SUCCESS');
    // The configuration, without the token's file, which is the operator's.
    await run(PROMTOOL, ['check', 'config', '--syntax-only', 'prometheus.yml'], {
      cwd: join(deploy, 'prometheus'),
    });
  });
});
