import {
  useSyncExternalStore,
  type AnchorHTMLAttributes,
  type MouseEvent,
  type ReactElement,
} from 'react';

const BASE = '/quality';

/** The pages on users and what else is managed. */
export const MANAGE_PARTS = ['users', 'keys', 'assistants', 'audit'] as const;
export type ManagePart = (typeof MANAGE_PARTS)[number];

export type Route =
  | { readonly page: 'overview'; readonly query: URLSearchParams }
  | { readonly page: 'live' }
  | { readonly page: 'sessions' }
  | { readonly page: 'calls'; readonly query: URLSearchParams }
  | { readonly page: 'call'; readonly id: string }
  | { readonly page: 'manage'; readonly part: ManagePart }
  | { readonly page: 'sign-in' }
  | { readonly page: 'unknown' };

export function parseRoute(pathname: string, search: string): Route {
  const parts = pathname
    .slice(BASE.length)
    .split('/')
    .filter((part) => part !== '');
  const query = new URLSearchParams(search);
  const [first, second, ...rest] = parts;
  if (rest.length > 0) {
    return { page: 'unknown' };
  }
  if (first === undefined) {
    return { page: 'overview', query };
  }
  if (first === 'calls' && second === undefined) {
    return { page: 'calls', query };
  }
  if (first === 'calls' && second !== undefined) {
    return { page: 'call', id: decoded(second) };
  }
  if (second === undefined && (first === 'live' || first === 'sessions' || first === 'sign-in')) {
    return { page: first };
  }
  const part = MANAGE_PARTS.find((each) => each === first);
  if (second === undefined && part !== undefined) {
    return { page: 'manage', part };
  }
  return { page: 'unknown' };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function pathOf(page: 'overview' | 'live' | 'sessions' | 'calls', query = ''): string {
  const path = page === 'overview' ? BASE : `${BASE}/${page}`;
  return query === '' ? path : `${path}?${query}`;
}

export function managePath(part: ManagePart): string {
  return `${BASE}/${part}`;
}

export function callPath(id: string): string {
  return `${BASE}/calls/${encodeURIComponent(id)}`;
}

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  addEventListener('popstate', listener);
  return () => {
    listeners.delete(listener);
    removeEventListener('popstate', listener);
  };
}

export function navigate(to: string, how: 'push' | 'replace' = 'push'): void {
  if (how === 'push') {
    history.pushState(null, '', to);
  } else {
    history.replaceState(null, '', to);
  }
  for (const listener of listeners) {
    listener();
  }
}

export function useRoute(): Route {
  const at = useSyncExternalStore(subscribe, () => `${location.pathname}\n${location.search}`);
  const [pathname = '', search = ''] = at.split('\n');
  return parseRoute(pathname, search);
}

/** A link inside these pages: no reload, and everything that a link can do otherwise. */
export function Link({
  to,
  ...rest
}: { readonly to: string } & AnchorHTMLAttributes<HTMLAnchorElement> & {
    readonly 'data-testid'?: string;
  }): ReactElement {
  const follow = (event: MouseEvent): void => {
    const other = event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey;
    if (other || event.altKey) {
      return;
    }
    event.preventDefault();
    navigate(to);
    scrollTo(0, 0);
  };
  return <a href={to} onClick={follow} {...rest} />;
}
