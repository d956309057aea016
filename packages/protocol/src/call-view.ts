/**
 * What the gateway tells of calls under `/api`: lists, one call with everything, the calls that live, trunks. Times are epoch milliseconds
 * of the gateway's clock; those of clients are moved onto it. Columns of a series are equally long; null where nothing was measured.
 */

/** Of what a party heard. */
export interface CallMeasures {
  readonly mos: number | null;
  readonly mosMin: number | null;
  readonly lossPercent: number | null;
  readonly jitterMs: number | null;
  readonly rttMs: number | null;
}

/** Who is signed in at the pages. */
export interface AdminSessionView {
  readonly user: string;
  readonly csrf: string;
  readonly expiresAt: number;
}

/** How administrators sign in at the pages of this gateway. */
export interface AdminSignInWays {
  readonly passwords: boolean;
  /** An OpenID provider, by the name that people know; null: none. */
  readonly provider: { readonly name: string } | null;
}

/** Told who signs out of a session that a provider's sign-in opened. */
export interface AdminSignedOut {
  /** Where the provider signs out too. */
  readonly next: string;
}

/** How a party is reached: its browser's socket, or SIP. */
export type LegVia = 'browser' | 'sip';

/** The media plane's counters at a leg's end: what came from the party, and what was sent to it. */
export interface LegMedia {
  readonly codec: string | null;
  readonly packetsReceived: number;
  readonly bytesReceived: number;
  readonly packetsLost: number;
  readonly jitterMs: number;
  readonly packetsSent: number;
  readonly bytesSent: number;
  /** What the party's own RTCP reports say of what it heard; absent where none came, or where a browser tells more by its report. */
  readonly far?: FarReception;
}

/** By the receiver reports of a party (RFC 3550, 6.4). */
export interface FarReception {
  readonly lossPercent: number | null;
  readonly jitterMs: number | null;
  /** To the party and back. */
  readonly rttMs: number | null;
}

/** One party's side of a call as the gateway saw it. */
export interface LegRecord {
  /** `telnyx_leg_id` */
  readonly id: string;
  /** The hash of the session's name. */
  readonly session: string;
  readonly via: LegVia;
  /** The client's own name of it, unique among a session's live legs only; by SIP the Call-ID. */
  readonly callId: string;
  readonly user: string;
  readonly number: string;
  readonly role: 'caller' | 'callee';
  readonly startedAt: number;
  readonly answeredAt: number | null;
  readonly endedAt: number | null;
  /** Q.850 name. */
  readonly cause: string | null;
  /** Who ended it. */
  readonly endedBy: 'party' | 'gateway' | null;
  readonly media: LegMedia | null;
}

/** One line of the list of calls. Measurements are those of the worse end. */
export interface CallSummary extends CallMeasures {
  readonly id: string;
  /** The Call-ID of its party by SIP; null: it has none. Of several the one that talked. */
  readonly sipCallId: string | null;
  readonly startedAt: number;
  readonly answeredAt: number | null;
  readonly endedAt: number | null;
  /** From the invite to the end; null while it lives. */
  readonly durationMs: number | null;
  readonly talkedMs: number | null;
  readonly cause: string | null;
  readonly destination: string;
  readonly service: string | null;
  readonly caller: string;
  readonly callerNumber: string;
  /** Who answered, or whose devices rang; null where nobody was reached. */
  readonly callee: string | null;
  /** Segments of reports that clients sent. */
  readonly reports: number;
  /** The lowest score that a party gave. */
  readonly feedback: number | null;
  /** Of the ends that reported, the caller's first: `Chrome 140`, `2.27.10`. */
  readonly browsers: readonly string[];
  readonly sdks: readonly string[];
}

/** Names of users and assistants (`assistant:ID`) where they are others than their ids. */
export type ShownNames = Readonly<Record<string, string>>;

export interface CallPage {
  readonly calls: readonly CallSummary[];
  /** All that fit the filter. */
  readonly total: number;
  readonly names?: ShownNames;
}

export interface CallFeedback {
  readonly score: number | null;
  readonly tags: readonly string[];
  readonly note: string | null;
}

export type SeriesColumn = readonly (number | null)[];

/** What the party's browser measured, each value of the interval that ends at its time. */
export interface ClientSeries {
  readonly t: readonly number[];
  readonly mos: SeriesColumn;
  readonly rttMs: SeriesColumn;
  readonly jitterMs: SeriesColumn;
  /** Of what should have come to the party. */
  readonly lossPercent: SeriesColumn;
  /** 0 to 1: what the party hears, and what its microphone gives. */
  readonly inLevel: SeriesColumn;
  readonly outLevel: SeriesColumn;
  readonly inKbps: SeriesColumn;
  readonly outKbps: SeriesColumn;
}

/** What the gateway's media plane counted of a leg, each value of the time since the one before. */
export interface GatewaySeries {
  readonly t: readonly number[];
  /** Of what should have come from the party. */
  readonly lossPercent: SeriesColumn;
  readonly jitterMs: SeriesColumn;
  /** From the party; to it. */
  readonly inPackets: SeriesColumn;
  readonly outPackets: SeriesColumn;
  readonly inKbps: SeriesColumn;
  readonly outKbps: SeriesColumn;
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

/** A message of a call as it went over the wire, without credentials, keys and digits. */
export interface ViewMessage {
  readonly t: number;
  /** {@link LegRecord.id} */
  readonly leg: string;
  readonly protocol: 'SIP' | 'Verto';
  /** From the gateway to the party. */
  readonly sent: boolean;
  /** The request line or status line; of a frame its method, or `result` of one. */
  readonly first: string;
  /** Headers and body, as much of them as is kept. */
  readonly text: string;
  /** There was more. */
  readonly cut: boolean;
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
  /** Null: until the end. Where it is `from`, the warning tells of a moment. */
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

/** How far off a client's clock is. */
export interface ClockEstimate {
  /** Milliseconds to add to the client's times. */
  readonly offsetMs: number;
  /** How far off that may be; null when only one side of it is known. */
  readonly withinMs: number | null;
}

export interface LegView extends LegRecord, CallMeasures {
  readonly browser: string | null;
  readonly sdk: string | null;
  readonly sdkVersion: string | null;
  readonly feedback: CallFeedback | null;
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

/** One line of a conversation with an assistant. */
export type ConversationItem =
  | {
      readonly role: 'user' | 'assistant';
      readonly text: string;
      readonly at: number;
      /** How it came: the caller's voice, or keys and typing; absent for the assistant. */
      readonly by?: 'voice' | 'text' | 'digits';
      /** It was cut off; `text` is about what was heard. */
      readonly cut?: true;
    }
  | {
      readonly role: 'tool';
      readonly name: string;
      readonly arguments: string;
      readonly output: string;
      readonly at: number;
    };

/** How long an answer of an assistant took. Milliseconds. */
export interface ConversationTurn {
  readonly at: number;
  /** From the caller's last voiced moment to the assistant's first packet; null when nobody had spoken. */
  readonly answerMs: number | null;
  /** From a packet's arrival to the engine's hands, and from there to the first packet of the answer. */
  readonly gatewayInMs?: number;
  readonly gatewayOutMs?: number;
  /** What the engine said of it. */
  readonly engine?: Readonly<Record<string, number>>;
}

/** What was said between a caller and an assistant. */
export interface ConversationView {
  readonly assistant: string;
  readonly version: string;
  /** Empty where the assistant keeps no transcripts. */
  readonly items: readonly ConversationItem[];
  readonly turns: readonly ConversationTurn[];
  readonly interruptions: number;
  /** The assistant keeps no transcripts. */
  readonly withheld: boolean;
  /** Tokens of the whole call; null where the engine counts none. */
  readonly usage: { readonly input: number; readonly output: number } | null;
  /** Of the engine, when that ended the call. */
  readonly failure: string | null;
}

export interface CallView {
  readonly call: CallSummary & { readonly rangAt: number | null };
  readonly legs: readonly LegView[];
  readonly events: readonly ViewEvent[];
  readonly droppedEvents: number;
  /** In order; known a moment after the call's end. */
  readonly messages: readonly ViewMessage[];
  /** What there was no room for. */
  readonly droppedMessages: number;
  readonly conversation: ConversationView | null;
  readonly names?: ShownNames;
}

/** What one leg's media does at the moment. */
export interface LiveMedia {
  readonly state: string;
  readonly codec: string | null;
  /** Of the last few seconds. */
  readonly lossPercent: number | null;
  readonly jitterMs: number;
  readonly inKbps: number | null;
  readonly outKbps: number | null;
  readonly silentForMs: number | null;
}

export interface LiveLeg extends LegRecord {
  readonly state: string;
  /** Its socket is gone; it may come back. */
  readonly away: boolean;
  readonly live: LiveMedia | null;
}

export interface LiveCall {
  readonly id: string;
  readonly startedAt: number;
  /** When the caller was told that it rings. */
  readonly rangAt?: number | null;
  readonly answeredAt: number | null;
  /** Null while it lives, as its cause. */
  readonly endedAt?: number | null;
  readonly cause?: string | null;
  /** What there was no room for. */
  readonly droppedEvents?: number;
  readonly destination: string;
  readonly service: string | null;
  readonly legs: readonly LiveLeg[];
}

export interface LiveCalls {
  /** The gateway's clock. */
  readonly now: number;
  readonly calls: readonly LiveCall[];
  readonly names?: ShownNames;
}

/** Somebody who is signed in, as operators see it. */
export interface SessionView {
  readonly user: string;
  readonly displayName: string;
  /** Nobody signed in: the assistant that this visitor reaches. */
  readonly guestOf: string | null;
  /** Where it came from last, after trusted proxies. */
  readonly address: string;
  /** Of its first sign-in. */
  readonly since: number;
  /** Version of its SDK, as it says. */
  readonly client: string | null;
  readonly browser: string | null;
  readonly calls: number;
  /** False: it lost its connection and may come back. */
  readonly online: boolean;
}

export interface LiveSessions {
  /** The gateway's clock. */
  readonly now: number;
  readonly sessions: readonly SessionView[];
}

export interface OverviewCounts {
  readonly calls: number;
  readonly answered: number;
  /** Answered, and ended by something else than a party. */
  readonly dropped: number;
  /** With a MOS; with one that is poor. */
  readonly rated: number;
  readonly poor: number;
  readonly meanMos: number | null;
}

/** Counts over calls that began in a stretch of time. MOS is that of the worse end. */
export interface CallsOverview {
  readonly from: number;
  readonly to: number;
  readonly totals: OverviewCounts & {
    /** With a report of at least one end. */
    readonly reported: number;
    readonly talkedMs: number;
  };
  readonly trend: {
    /** Milliseconds of one step. */
    readonly stepMs: number;
    readonly steps: readonly (OverviewCounts & { readonly t: number })[];
  };
  /** Counts of calls by MOS, in classes of 0.25 from 1 on. */
  readonly mosClasses: readonly number[];
  readonly causes: readonly (OverviewCounts & { readonly name: string })[];
  /** A call whose ends have two counts with both. */
  readonly browsers: readonly (OverviewCounts & { readonly name: string })[];
  readonly sdks: readonly (OverviewCounts & { readonly name: string })[];
}

/** How a trunk is. */
export interface TrunkHealth {
  readonly name: string;
  /** `up`: the last request was answered, and where it registers it is registered. */
  readonly state: 'starting' | 'up' | 'down';
  readonly server: string | null;
  readonly registered: boolean;
  /** Why it is not up. */
  readonly reason: string | null;
  /** Live calls by it, in and out, and how many there may be. */
  readonly calls: number;
  readonly callsAtOnce: number;
  /** Since when its state is what it is. */
  readonly since: number;
  /** From a request to its answer, of the last one; null before the first. */
  readonly rttMs: number | null;
}

export interface TrunkList {
  readonly trunks: readonly TrunkHealth[];
}
