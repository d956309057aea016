/** Two legs of one call at a time, named by the driver. */
export interface MediaFloor {
  /** A caller's offer: its answer, and our offer to the callee. */
  begin(call: string, offer: string): Promise<{ answer: string; offer: string }>;
  /** The callee's answer: packets flow from now on. */
  join(call: string, answer: string): Promise<void>;
  end(call: string): Promise<void>;
  /** Milliseconds that each packet stayed in this process since the last question. */
  delays(): number[];
}
