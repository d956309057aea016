/** What a gateway of ours announces in `result.offhook` of the login reply. */
export interface OffhookFeatures {
  /** Version of the extension; 0 when the gateway announced nothing. */
  readonly v: number;
  /** Takes and sends trickled candidates on every call, both ways. */
  readonly trickle: boolean;
  /** Reads `offhook.calls` at login: calls whose peer lives go on without an attach. */
  readonly reattach: boolean;
  /** Bridges an invite with `recoveredCallId` in the place of a lost call. */
  readonly replace: boolean;
  /** Answers pings at any time, so they may serve as probes. */
  readonly ping: boolean;
  /** Has an AI conversation service. */
  readonly ai: boolean;
  /** Hands calls over: `modify` with `transfer` and `replace`, and says what became of it. */
  readonly transfer: boolean;
  /** What it would answer a question for its state with: present, the client need not wait for that answer to be ready. */
  readonly registered?:
    | {
        readonly state: string;
        readonly call_report_id?: string | undefined;
        readonly dc?: string | undefined;
        readonly region?: string | undefined;
      }
    | undefined;
}

/** Towards a gateway that announced nothing: plain dialect. */
export const NO_FEATURES: OffhookFeatures = {
  v: 0,
  trickle: false,
  reattach: false,
  replace: false,
  ping: false,
  ai: false,
  transfer: false,
};
