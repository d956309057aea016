/** The payload of a JSON Web Token, unverified; undefined for an opaque token. */
export function tokenClaims(token: string): Record<string, unknown> | undefined {
  const [, payload, , ...rest] = token.split('.');
  if (!payload || rest.length > 0) return undefined;
  try {
    const binary = atob(payload.replace(/-/g, '+').replace(/_/g, '/'));
    const text = new TextDecoder().decode(Uint8Array.from(binary, (c) => c.charCodeAt(0)));
    const claims: unknown = JSON.parse(text);
    return typeof claims === 'object' && claims !== null
      ? (claims as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** When the token ends, in milliseconds since the epoch; undefined when it does not say. */
export function tokenExpiry(token: string): number | undefined {
  const exp = tokenClaims(token)?.['exp'];
  return typeof exp === 'number' && Number.isFinite(exp) ? exp * 1000 : undefined;
}
