/** What is there at once, or comes. Where it is at once nothing waits: frames keep their order, and nothing else happens in between. */
export type Soon<T> = T | Promise<T>;

/** Goes on with the value: in the same turn when it is there. */
export function when<T, R>(value: Soon<T>, next: (value: T) => Soon<R>): Soon<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** All of them, in order. Rejects with the first that does. */
export function all<T>(values: readonly Soon<T>[]): Soon<readonly T[]> {
  return values.some((value) => value instanceof Promise)
    ? Promise.all(values)
    : (values as readonly T[]);
}
