/** A state machine as data: for each state, what an event leads to. What is not named does not fit and changes nothing. */
export type Transitions<S extends string, E extends string> = Readonly<
  Record<S, Readonly<Partial<Record<E, S>>>>
>;

/** The state after `event`, or null when the event does not fit. */
export function next<S extends string, E extends string>(
  table: Transitions<S, E>,
  state: S,
  event: E,
): S | null {
  return table[state][event] ?? null;
}
