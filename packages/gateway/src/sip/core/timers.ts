/** RFC 3261, 17.1.1.1 and table 4, in milliseconds. */
export const T1 = 500;
export const T2 = 4_000;
export const T4 = 5_000;
/** How long a transaction is tried, and its traces are kept. */
export const TIMEOUT = 64 * T1;
