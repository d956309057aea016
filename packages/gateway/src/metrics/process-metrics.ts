import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';

/**
 * What every operator watches of a process. prom-client's own collector cannot be stopped again, and a gateway that was
 * closed must leave nothing running.
 */
export class ProcessMetrics {
  readonly #delay = monitorEventLoopDelay({ resolution: 20 });

  constructor(registry: Registry) {
    const registers = [registry];
    const delay = this.#delay;
    delay.enable();
    const started = Date.now() - process.uptime() * 1000;
    let reported = 0;
    new Counter({
      name: 'process_cpu_seconds_total',
      help: 'Processor time used',
      registers,
      collect() {
        const { user, system } = process.cpuUsage();
        this.inc((user + system) / 1e6 - reported);
        reported = (user + system) / 1e6;
      },
    });
    new Gauge({
      name: 'process_resident_memory_bytes',
      help: 'Resident memory',
      registers,
      collect() {
        this.set(process.memoryUsage.rss());
      },
    });
    new Gauge({
      name: 'nodejs_heap_used_bytes',
      help: 'JavaScript heap in use on the signalling thread',
      registers,
      collect() {
        this.set(process.memoryUsage().heapUsed);
      },
    });
    new Gauge({
      name: 'process_start_time_seconds',
      help: 'When the process started, in seconds since 1970',
      registers,
    }).set(started / 1000);
    new Gauge({
      name: 'nodejs_eventloop_lag_p99_seconds',
      help: 'Delay of the signalling thread since the last scrape, 99th percentile',
      registers,
      collect() {
        this.set(delay.percentile(99) / 1e9);
        delay.reset();
      },
    });
  }

  dispose(): void {
    this.#delay.disable();
  }
}
