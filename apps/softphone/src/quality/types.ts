/** What the gateway tells its pages (`/api`). Times are epoch milliseconds of the gateway's clock. */
export interface AdminSession {
  readonly user: string;
  readonly csrf: string;
  readonly expiresAt: number;
}

export interface Measures {
  readonly mos: number | null;
  readonly mosMin: number | null;
  readonly lossPercent: number | null;
  readonly jitterMs: number | null;
  readonly rttMs: number | null;
}

/** One line of a list. Measurements are those of the worse end. */
export interface CallSummary extends Measures {
  readonly id: string;
  readonly startedAt: number;
  readonly answeredAt: number | null;
  readonly endedAt: number | null;
  readonly durationMs: number | null;
  readonly talkedMs: number | null;
  readonly cause: string | null;
  readonly destination: string;
  readonly service: string | null;
  readonly caller: string;
  readonly callerNumber: string;
  readonly callee: string | null;
  readonly reports: number;
  readonly feedback: number | null;
  readonly browsers: readonly string[];
  readonly sdks: readonly string[];
}

export interface CallPage {
  readonly calls: readonly CallSummary[];
  readonly total: number;
}

export interface LegRecord {
  readonly id: string;
  readonly callId: string;
  readonly user: string;
  readonly number: string;
  readonly role: 'caller' | 'callee';
  readonly startedAt: number;
  readonly answeredAt: number | null;
  readonly endedAt: number | null;
  readonly cause: string | null;
  readonly endedBy: 'party' | 'gateway' | null;
}

export type Column = readonly (number | null)[];

/** What the party's browser measured. */
export interface ClientSeries {
  readonly t: readonly number[];
  readonly mos: Column;
  readonly rttMs: Column;
  readonly jitterMs: Column;
  readonly lossPercent: Column;
  readonly inLevel: Column;
  readonly outLevel: Column;
  readonly inKbps: Column;
  readonly outKbps: Column;
}

/** What the gateway's media plane counted. */
export interface GatewaySeries {
  readonly t: readonly number[];
  readonly lossPercent: Column;
  readonly jitterMs: Column;
  readonly inPackets: Column;
  readonly outPackets: Column;
  readonly inKbps: Column;
  readonly outKbps: Column;
}

export interface ViewEvent {
  readonly t: number;
  readonly leg: string;
  readonly source: 'gateway' | 'client';
  readonly type: string;
  readonly name: string;
  readonly detail: string;
}

export interface ViewWarning {
  readonly from: number;
  readonly to: number | null;
  readonly code: number | null;
  readonly name: string;
}

export interface LegView extends LegRecord, Measures {
  readonly media: {
    readonly codec: string | null;
    readonly packetsReceived: number;
    readonly packetsLost: number;
    readonly jitterMs: number;
    readonly packetsSent: number;
  } | null;
  readonly browser: string | null;
  readonly sdk: string | null;
  readonly sdkVersion: string | null;
  readonly feedback: {
    readonly score: number | null;
    readonly tags: readonly string[];
    readonly note: string | null;
  } | null;
  readonly clock: { readonly offsetMs: number; readonly withinMs: number | null };
  readonly reports: number;
  readonly debugFrames: number;
  readonly client: ClientSeries | null;
  readonly gateway: GatewaySeries | null;
  readonly paths: readonly {
    readonly t: number;
    readonly local: string;
    readonly remote: string;
    readonly state: string;
  }[];
  readonly warnings: readonly ViewWarning[];
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  readonly timings: readonly { readonly label: string; readonly ms: number }[];
  readonly recordings: readonly {
    readonly id: number;
    readonly track: 'local' | 'remote';
    readonly startedAt: number;
    readonly seconds: number;
  }[];
}

/** What was said between a caller and an assistant. */
export interface ConversationView {
  readonly assistant: string;
  readonly version: string;
  /** Empty where the assistant keeps no transcripts. */
  readonly items: readonly (
    | {
        readonly role: 'user' | 'assistant';
        readonly text: string;
        readonly at: number;
        readonly by?: 'voice' | 'text' | 'digits';
        readonly cut?: true;
      }
    | {
        readonly role: 'tool';
        readonly name: string;
        readonly arguments: string;
        readonly output: string;
        readonly at: number;
      }
  )[];
  readonly turns: readonly { readonly at: number; readonly answerMs: number | null }[];
  readonly interruptions: number;
}

export interface CallView {
  readonly call: CallSummary & { readonly rangAt: number | null };
  readonly legs: readonly LegView[];
  readonly events: readonly ViewEvent[];
  readonly droppedEvents: number;
  readonly conversation: ConversationView | null;
}

export interface LiveLeg extends LegRecord {
  readonly state: string;
  readonly away: boolean;
  readonly live: {
    readonly state: string;
    readonly codec: string | null;
    readonly lossPercent: number | null;
    readonly jitterMs: number;
    readonly inKbps: number | null;
    readonly outKbps: number | null;
    readonly silentForMs: number | null;
  } | null;
}

export interface LiveCall {
  readonly id: string;
  readonly startedAt: number;
  readonly answeredAt: number | null;
  readonly destination: string;
  readonly service: string | null;
  readonly legs: readonly LiveLeg[];
}

export interface Live {
  /** The gateway's clock. */
  readonly now: number;
  readonly calls: readonly LiveCall[];
}

export interface Counts {
  readonly calls: number;
  readonly answered: number;
  readonly dropped: number;
  readonly rated: number;
  readonly poor: number;
  readonly meanMos: number | null;
}

export interface Overview {
  readonly from: number;
  readonly to: number;
  readonly totals: Counts & { readonly reported: number; readonly talkedMs: number };
  readonly trend: {
    readonly stepMs: number;
    readonly steps: readonly (Counts & { readonly t: number })[];
  };
  readonly mosClasses: readonly number[];
  readonly causes: readonly (Counts & { readonly name: string })[];
  readonly browsers: readonly (Counts & { readonly name: string })[];
  readonly sdks: readonly (Counts & { readonly name: string })[];
}
