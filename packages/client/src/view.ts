/**
 * `target` seen through another object: members come from `target` (methods bound to it, so that private fields work), except
 * those in `own`. With a function as `through`, the view can be called.
 */
export function view<T extends object, F extends object>(
  target: T,
  through: F,
  own: Readonly<Record<PropertyKey, unknown>> = {},
): T & F {
  return new Proxy(through, {
    get(_, key) {
      if (Object.hasOwn(own, key)) {
        return own[key];
      }
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
    set: (_, key, value) => Reflect.set(target, key, value, target),
    has: (_, key) => Reflect.has(target, key),
    getPrototypeOf: () => Reflect.getPrototypeOf(target),
  }) as T & F;
}
