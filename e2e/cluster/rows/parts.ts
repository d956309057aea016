import type { Row } from '../row.ts';

/** The harness itself: what it starts can be killed, frozen and started again, on the same port. */
export const parts: Row = {
  name: 'parts',
  title:
    'Redis, PostgreSQL and two media nodes are killed, and answer after a start on the same ports',
  needs: { gateways: 1, redis: true, postgres: true, rtpengines: 2 },
  suite: true,
  async run(cluster, _people, sheet) {
    const daemons = [cluster.redis, cluster.postgres, ...cluster.rtpengines, cluster.haproxy];
    for (const daemon of daemons.filter((part) => part !== null)) {
      const since = Date.now();
      const first = daemon.pid;
      await daemon.kill();
      sheet.check(!daemon.runs, `${daemon.name} runs on`);
      await daemon.start();
      sheet.measure({ name: `${daemon.name} back`, unit: 'ms' }, Date.now() - since);
      sheet.check(daemon.pid !== first, `${daemon.name} is the same process`);
    }
    const { status } = await fetch(`${cluster.url}/healthz`);
    sheet.check(status === 200, `the door says ${String(status)}`);
  },
};
