import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { MediaMetrics } from './media-metrics.ts';

it('shows of each rtpengine whether it answers, what it carries, and what was asked again', async () => {
  const registry = new Registry();
  const metrics = new MediaMetrics(registry);
  expect(await registry.metrics()).not.toContain('offhook_media_node_up{');
  let nodes = [{ node: '10.0.0.5:2223', up: true, legs: 3, retries: 2 }];
  metrics.watchNodes(() => nodes);
  const shown = await registry.metrics();
  expect(shown).toContain('offhook_media_node_up{node="10.0.0.5:2223"} 1');
  expect(shown).toContain('offhook_media_node_legs{node="10.0.0.5:2223"} 3');
  expect(shown).toContain('offhook_media_node_retries_total{node="10.0.0.5:2223"} 2');
  nodes = [{ node: '10.0.0.5:2223', up: false, legs: 0, retries: 5 }];
  const later = await registry.metrics();
  expect(later).toContain('offhook_media_node_up{node="10.0.0.5:2223"} 0');
  expect(later).toContain('offhook_media_node_retries_total{node="10.0.0.5:2223"} 5');
});
