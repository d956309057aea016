type Members = Readonly<Record<string, unknown>>;

export function members(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : {};
}

/** A member that is a text; null when there is none. */
export function textMember(value: unknown, name: string): string | null {
  const text = members(value)[name];
  return typeof text === 'string' ? text : null;
}
