/**
 * What the published types call present though it may not be yet: `call.peer` before the call opens one, `call.cause` before its
 * end. Applications compiled against those types; our own code asks.
 */
export const maybe = <T>(value: T): T | null | undefined => value;
