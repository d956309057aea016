/** A proxy that wraps every object and function that it hands out, and what functions return, as frameworks do at their worst. */
export function membrane<T>(value: T): T {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) {
    return value;
  }
  return new Proxy(value, {
    get: (target, key, receiver) => membrane(Reflect.get(target, key, receiver) as unknown),
    apply: (target, self, args) =>
      membrane(Reflect.apply(target as unknown as () => unknown, self, args) as unknown),
  });
}
