/**
 * One call as its page shows it: both ends and the middle on one time axis. Times are epoch milliseconds of the gateway's clock;
 * those of clients are moved onto it. Columns of a series are equally long; null where nothing was measured.
 */
import type { ConversationRecord } from '../../assistants/conversation.ts';
import type { CallSummary, Feedback, LegMedia, LegRecord } from '../records.ts';
import type { ClockEstimate } from './clock.ts';

type Column = readonly (number | null)[];

/** What the party's browser measured, each value of the interval that ends at its time. */
export interface ClientSeries {
  readonly t: readonly number[];
  readonly mos: Column;
  readonly rttMs: Column;
  readonly jitterMs: Column;
  /** Of what should have come to the party. */
  readonly lossPercent: Column;
  /** 0 to 1: what the party hears, and what its microphone gives. */
  readonly inLevel: Column;
  readonly outLevel: Column;
  readonly inKbps: Column;
  readonly outKbps: Column;
}

/** What the gateway's media plane counted of a leg, each value of the time since the one before. */
export interface GatewaySeries {
  readonly t: readonly number[];
  /** Of what should have come from the party. */
  readonly lossPercent: Column;
  readonly jitterMs: Column;
  /** From the party; to it. */
  readonly inPackets: Column;
  readonly outPackets: Column;
  readonly inKbps: Column;
  readonly outKbps: Column;
}

export interface ViewEvent {
  readonly t: number;
  /** {@link LegRecord.id} */
  readonly leg: string;
  readonly source: 'gateway' | 'client';
  readonly type: string;
  readonly name: string;
  readonly detail: string;
}

/** How media went from a time on. */
export interface ViewPath {
  readonly t: number;
  readonly local: string;
  readonly remote: string;
  readonly state: string;
}

/** A stretch in which something was wrong, by the client's own warnings. */
export interface ViewWarning {
  readonly from: number;
  /** Null: until the end. */
  readonly to: number | null;
  readonly code: number | null;
  readonly name: string;
}

export interface ViewRecording {
  readonly id: number;
  readonly track: 'local' | 'remote';
  readonly startedAt: number;
  readonly seconds: number;
}

export interface ViewFact {
  readonly name: string;
  readonly value: string;
}

export interface LegView extends LegRecord {
  readonly mos: number | null;
  readonly mosMin: number | null;
  readonly lossPercent: number | null;
  readonly jitterMs: number | null;
  readonly rttMs: number | null;
  readonly media: LegMedia | null;
  readonly browser: string | null;
  readonly sdk: string | null;
  readonly sdkVersion: string | null;
  readonly feedback: Feedback | null;
  readonly clock: ClockEstimate;
  readonly reports: number;
  readonly debugFrames: number;
  readonly client: ClientSeries | null;
  readonly gateway: GatewaySeries | null;
  readonly paths: readonly ViewPath[];
  readonly warnings: readonly ViewWarning[];
  /** Of the browser, its devices and its connection, as the client tells them. */
  readonly facts: readonly ViewFact[];
  readonly timings: readonly { readonly label: string; readonly ms: number }[];
  readonly recordings: readonly ViewRecording[];
}

export interface CallView {
  readonly call: CallSummary & { readonly rangAt: number | null };
  readonly legs: readonly LegView[];
  readonly events: readonly ViewEvent[];
  readonly droppedEvents: number;
  /** With an assistant. Without its id: whoever knows that may join. */
  readonly conversation: Pick<
    ConversationRecord,
    'assistant' | 'version' | 'items' | 'turns' | 'interruptions'
  > | null;
}
