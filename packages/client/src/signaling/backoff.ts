const FIRST_MS = 500;
const CAP_IN_CALL_MS = 1_000;
const CAP_MS = 30_000;

/**
 * How long to wait before reconnect `attempt` (1 is the first): full jitter, so that a thousand clients that lost the same gateway
 * do not come back in the same moment.
 */
export function reconnectDelay(attempt: number, inCall: boolean, random: () => number): number {
  const ceiling = Math.min(
    FIRST_MS * 2 ** Math.min(attempt - 1, 16),
    inCall ? CAP_IN_CALL_MS : CAP_MS,
  );
  return Math.floor(random() * ceiling);
}

/** A call in progress is given this long, however many attempts that takes. */
export const IN_CALL_PATIENCE_MS = 90_000;

/** After a gateway failure, and between polls of the registration: 2 to 6 s. */
export function gatewayDelay(random: () => number): number {
  return 2_000 + Math.floor(random() * 4_000);
}
