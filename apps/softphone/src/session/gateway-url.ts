/** The gateway that served this page; in development the one that the page's server was told of. */
export function ownGateway(location: Pick<Location, 'protocol' | 'host'>): string {
  const told: unknown = import.meta.env['VITE_GATEWAY'];
  if (typeof told === 'string') {
    return told;
  }
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}`;
}

export type GatewayUrl =
  | { readonly ok: true; readonly url: string }
  /** The text that tells it. */
  | { readonly ok: false; readonly fault: 'addressForm' | 'addressWithUser' };

/** What a person types as an address: a host, or a ws(s) or http(s) URL. */
export function parseGateway(text: string): GatewayUrl {
  const trimmed = text.trim().replace(/^http(s?):\/\//i, 'ws$1://');
  const full = /^[a-z][a-z+.-]*:\/\//i.test(trimmed) ? trimmed : `wss://${trimmed}`;
  const bad = { ok: false, fault: 'addressForm' } as const;
  if (trimmed === '' || /\s/.test(trimmed) || !URL.canParse(full)) {
    return bad;
  }
  const url = new URL(full);
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') {
    return bad;
  }
  if (url.username || url.password) {
    return { ok: false, fault: 'addressWithUser' };
  }
  return { ok: true, url: url.href.replace(/\/$/, '') };
}
