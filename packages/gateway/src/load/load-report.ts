import type { Summary } from './samples.ts';

/** How a count of failures reads: the reason, how often, and one of its messages. */
export interface Failure {
  readonly reason: string;
  readonly count: number;
  readonly example: string;
}

/** What a run found. Times in milliseconds unless the name says seconds. */
export interface LoadReport {
  readonly target: string;
  /** It was asked to stop before its time. */
  readonly interrupted: boolean;
  readonly seconds: number;
  readonly signIns: {
    readonly ok: number;
    readonly perSecond: number;
    readonly ms: Summary;
    readonly failures: readonly Failure[];
  };
  /** Sockets that the gateway closed after they were signed in. */
  readonly lost: number;
  readonly calls: {
    readonly ok: number;
    readonly perSecond: number;
    /** Invite on its way → answer here. */
    readonly answerMs: Summary;
    /** Not placed, because every pair of clients was talking: more clients, shorter calls or a lower rate are needed. */
    readonly skipped: number;
    readonly atOnce: number;
    readonly failures: readonly Failure[];
  };
  readonly rtp: {
    /** Ends whose ICE and DTLS came up; two a call between clients. */
    readonly connected: number;
    readonly sent: number;
    readonly received: number;
    readonly lost: number;
    readonly delayMs: Summary;
  } | null;
}

/** Nothing failed. */
export function isClean({ signIns, calls, lost, rtp }: LoadReport): boolean {
  const failed = signIns.failures.length + calls.failures.length + lost;
  return failed === 0 && (rtp === null || rtp.received > 0 || rtp.sent === 0);
}

/** For people. */
export function formatReport(report: LoadReport): string {
  const { signIns, calls, rtp } = report;
  const lines = [
    `Load on ${report.target}, ${report.seconds} s${report.interrupted ? ' (interrupted)' : ''}`,
    '',
    `Sign-ins   ${signIns.ok} ok, ${signIns.perSecond} a second; ready after ${times(signIns.ms)}`,
    ...failures(signIns.failures),
    ...(report.lost > 0 ? [`           ${report.lost} sockets lost afterwards`] : []),
    `Calls      ${calls.ok} ok, ${calls.perSecond} a second, up to ${calls.atOnce} at once; answered after ${times(calls.answerMs)}`,
    ...(calls.skipped > 0
      ? [`           ${calls.skipped} not placed: every pair of clients was in a call`]
      : []),
    ...failures(calls.failures),
  ];
  if (rtp !== null) {
    lines.push(
      `Audio      ${rtp.connected} ends connected, ${rtp.sent} packets sent, ${rtp.received} received, ${rtp.lost} lost; one way ${times(rtp.delayMs)}`,
    );
  }
  return lines.join('\n');
}

const failures = (list: readonly Failure[]): string[] =>
  list.map(({ reason, count, example }) => `           ${count} × ${reason}: ${example}`);

function times({ count, p50, p95, p99, max }: Summary): string {
  if (count === 0) {
    return 'no samples';
  }
  return `${show(p50)} ms (p95 ${show(p95)}, p99 ${show(p99)}, most ${show(max)})`;
}

const show = (ms: number | null): string => (ms === null ? '-' : ms.toFixed(ms < 10 ? 2 : 1));
