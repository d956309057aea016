import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { ProcessMetrics } from './process-metrics.ts';
import { AssistantMetrics } from './assistant-metrics.ts';
import { ClusterMetrics } from './cluster-metrics.ts';
import { MediaMetrics } from './media-metrics.ts';
import { ReportMetrics } from './report-metrics.ts';
import { TrunkMetrics } from './trunk-metrics.ts';
import type { SignalingMetrics, SignalingStats } from '../signaling/ports.ts';

/** Method names come from clients, so only these become label values. */
const KNOWN_METHODS = new Set([
  'login',
  'anonymous_login',
  'gatewayState',
  'ping',
  'invite',
  'answer',
  'attach',
  'modify',
  'bye',
  'info',
  'candidate',
  'endOfCandidates',
  'subscribe',
  'unsubscribe',
  'broadcast',
  'ai_conversation',
  'reply',
]);

/** What the gateway counts, with a Prometheus registry of its own: two gateways in one process share nothing. */
export class Metrics implements SignalingMetrics {
  readonly reports: ReportMetrics;
  readonly assistants: AssistantMetrics;
  readonly media: MediaMetrics;
  readonly sip: TrunkMetrics;
  readonly cluster: ClusterMetrics;
  readonly #registry = new Registry();
  readonly #process: ProcessMetrics;
  readonly #sockets: Counter;
  readonly #closed: Counter<'code'>;
  readonly #frames: Counter<'method'>;
  /** Frames come often; finding a counter by its label each time would cost more than counting. */
  readonly #frameCounters = new Map<string, { inc: () => void }>();
  readonly #violations: Counter<'kind'>;
  readonly #caught: Counter<'boundary'>;
  readonly #stores: Gauge<'store'>;
  readonly #logins: Counter<'outcome'>;
  readonly #callsStarted: Counter<'route'>;
  readonly #callsEnded: Counter<'cause'>;
  readonly #talked: Histogram;
  readonly #invite: Histogram;
  readonly #refused: Counter<'reason'>;
  readonly #connectionsRefused: Counter<'reason'>;
  readonly #pushes: Counter<'outcome'>;
  readonly #spans: Counter<'outcome'>;

  /** `stats` is asked at each scrape. */
  constructor(stats: () => SignalingStats) {
    const registers = [this.#registry];
    this.#process = new ProcessMetrics(this.#registry);
    this.reports = new ReportMetrics(this.#registry);
    this.assistants = new AssistantMetrics(this.#registry);
    this.media = new MediaMetrics(this.#registry);
    this.sip = new TrunkMetrics(this.#registry);
    this.cluster = new ClusterMetrics(this.#registry);
    this.#sockets = new Counter({
      name: 'offhook_sockets_opened_total',
      help: 'WebSockets accepted',
      registers,
    });
    this.#closed = new Counter({
      name: 'offhook_sockets_closed_total',
      help: 'WebSockets closed, by close code',
      labelNames: ['code'],
      registers,
    });
    this.#frames = new Counter({
      name: 'offhook_frames_received_total',
      help: 'Signalling frames received, by method',
      labelNames: ['method'],
      registers,
    });
    this.#violations = new Counter({
      name: 'offhook_violations_total',
      help: 'Frames and sockets that broke a limit',
      labelNames: ['kind'],
      registers,
    });
    this.#caught = new Counter({
      name: 'offhook_errors_caught_total',
      help: 'Defects: what threw at this boundary and was caught there, with its cause in the log',
      labelNames: ['boundary'],
      registers,
    });
    this.#stores = new Gauge({
      name: 'offhook_store_failing',
      help: '1 while this database fails: users are known from memory then, and reports are not kept',
      labelNames: ['store'],
      registers,
    });
    for (const store of ['users', 'reports']) {
      this.#stores.set({ store }, 0);
    }
    this.#spans = new Counter({
      name: 'offhook_spans_total',
      help: 'Spans of calls for the collector of traces, by what became of them',
      labelNames: ['outcome'],
      registers,
    });
    this.#pushes = new Counter({
      name: 'offhook_pushes_total',
      help: 'Messages to push services, for browsers that are woken, by what became of them',
      labelNames: ['outcome'],
      registers,
    });
    this.#logins = new Counter({
      name: 'offhook_logins_total',
      help: 'Logins, by outcome',
      labelNames: ['outcome'],
      registers,
    });
    this.#callsStarted = new Counter({
      name: 'offhook_calls_started_total',
      help: 'Calls routed to a user, a service or an assistant',
      labelNames: ['route'],
      registers,
    });
    this.#callsEnded = new Counter({
      name: 'offhook_calls_ended_total',
      help: 'Calls ended, by Q.850 cause name',
      labelNames: ['cause'],
      registers,
    });
    this.#talked = new Histogram({
      name: 'offhook_call_duration_seconds',
      help: 'Time from answer to end of answered calls',
      buckets: [5, 15, 30, 60, 180, 600, 1800, 3600, 14_400],
      registers,
    });
    this.#invite = new Histogram({
      name: 'offhook_invite_handling_seconds',
      help: 'Time from the arrival of an invite to its result',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers,
    });
    this.#refused = new Counter({
      name: 'offhook_upgrades_refused_total',
      help: 'WebSocket requests refused before the upgrade',
      labelNames: ['reason'],
      registers,
    });
    this.#connectionsRefused = new Counter({
      name: 'offhook_http_connections_refused_total',
      help: 'Connections closed before they said anything, as there were too many',
      labelNames: ['reason'],
      registers,
    });
    const gauges: readonly (readonly [string, string, keyof SignalingStats])[] = [
      ['offhook_sockets', 'Open WebSockets', 'sockets'],
      ['offhook_sessions', 'Sessions, with a socket or waiting for one', 'sessions'],
      ['offhook_registered_users', 'Users with at least one signed-in socket', 'registeredUsers'],
      ['offhook_calls', 'Live calls', 'calls'],
      ['offhook_parked_legs', 'Call legs waiting for their socket to return', 'parkedLegs'],
    ];
    for (const [name, help, member] of gauges) {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(stats()[member]);
        },
      });
    }
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  render(): Promise<string> {
    return this.#registry.metrics();
  }

  socketOpened(): void {
    this.#sockets.inc();
  }

  socketClosed(code: number): void {
    const known = (code >= 1000 && code <= 1015) || (code >= 4000 && code <= 4099);
    this.#closed.inc({ code: known ? String(code) : 'other' });
  }

  frameReceived(method: string): void {
    let counter = this.#frameCounters.get(method);
    if (counter === undefined) {
      const known = KNOWN_METHODS.has(method);
      counter = this.#frames.labels({ method: known ? method : 'other' });
      if (known) {
        this.#frameCounters.set(method, counter);
      }
    }
    counter.inc();
  }

  violation(kind: string): void {
    this.#violations.inc({ kind });
  }

  store(store: 'users' | 'reports', works: boolean): void {
    this.#stores.set({ store }, works ? 0 : 1);
  }

  caught(boundary: string): void {
    this.#caught.inc({ boundary });
  }

  login(outcome: Parameters<SignalingMetrics['login']>[0]): void {
    this.#logins.inc({ outcome });
  }

  callStarted(route: 'user' | 'service' | 'assistant'): void {
    this.#callsStarted.inc({ route });
  }

  callEnded(cause: string, talkedSeconds: number | null): void {
    this.#callsEnded.inc({ cause });
    if (talkedSeconds !== null) {
      this.#talked.observe(talkedSeconds);
    }
  }

  inviteHandled(ms: number): void {
    this.#invite.observe(ms / 1000);
  }

  connectionRefused(reason: string): void {
    this.#connectionsRefused.inc({ reason });
  }

  push(outcome: string): void {
    this.#pushes.inc({ outcome });
  }

  spans(outcome: 'sent' | 'failed', count: number): void {
    this.#spans.inc({ outcome }, count);
  }

  upgradeRefused(reason: string): void {
    this.#refused.inc({ reason });
  }

  /** Stops what is collected all the time. Idempotent. */
  close(): void {
    this.#process.dispose();
    this.#registry.clear();
  }
}
