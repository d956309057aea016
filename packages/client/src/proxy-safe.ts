/*
 * Frameworks wrap the objects that an application keeps in a `Proxy` (Vue's `ref` and `reactive`, Pinia, Alpine), and the objects
 * that are reached through them too. A method is then called with the proxy as `this`, where private fields cannot be read. The
 * classes that applications hold are made safe for that: their methods and accessors run on the object itself.
 */

/** Own property of each object of a safe class: a function, since frameworks do not wrap functions. */
const TELL = Symbol('offhook.raw');

/** What the last `TELL` told. Not its return value: a proxy may wrap what it hands out, and this does not pass through it. */
let told: unknown;

/** Lets {@link raw} find this object through a proxy. To be called in the constructor of each class given to {@link proxySafe}. */
export function markRaw(object: object): void {
  // Configurable, since a proxy may only hand out something else for properties that are.
  Object.defineProperty(object, TELL, {
    value: () => {
      told = object;
    },
    configurable: true,
  });
}

/** The object itself, when what is given is a proxy of an object of a safe class; anything else as it is. */
export function raw<T>(value: T): T {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) {
    return value;
  }
  const tell = (value as { readonly [TELL]?: unknown })[TELL];
  if (typeof tell !== 'function') {
    return value;
  }
  told = undefined;
  (tell as () => void)();
  const found = told;
  told = undefined;
  return (found ?? value) as T;
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Makes the class's own methods and accessors run on the object itself, whatever proxy they are called through, with arguments
 * that are proxies of safe objects taken out of theirs. A base class is made safe by a call of its own.
 */
export function proxySafe(safe: { readonly prototype: object }): void {
  const { prototype } = safe;
  for (const key of Reflect.ownKeys(prototype)) {
    const property = Object.getOwnPropertyDescriptor(prototype, key);
    if (key === 'constructor' || !property) {
      continue;
    }
    for (const part of ['value', 'get', 'set'] as const) {
      const method: unknown = Reflect.get(property, part);
      if (typeof method === 'function') {
        property[part] = onRaw(method as Method);
      }
    }
    Object.defineProperty(prototype, key, property);
  }
}

function onRaw(method: Method): Method {
  const safe: Method = function (...args) {
    return method.apply(raw(this), args.map(raw));
  };
  for (const key of ['name', 'length'] as const) {
    Object.defineProperty(safe, key, { value: method[key], configurable: true });
  }
  return safe;
}
