import type { ClientOptions, Platform, TokenSource } from '../index.ts';
import { endpointOf } from '../signaling/endpoint.ts';
import type { PhoneProblem } from './phone-state.ts';

/** What the page said of the sign-in; '' and undefined are not given. */
export interface PhoneSettings {
  readonly host: string;
  readonly login: string;
  readonly password: string;
  readonly loginToken: string | TokenSource | undefined;
  readonly tokenUrl: string;
  readonly clientOptions: Partial<ClientOptions> | undefined;
  /** Of the page. */
  readonly location: Pick<Location, 'protocol' | 'host' | 'href'>;
}

export type Setup =
  | { readonly ok: true; readonly options: ClientOptions }
  | { readonly ok: false; readonly problem: PhoneProblem };

const bad = (what: string, message: string): Setup => ({
  ok: false,
  problem: { code: `setup_${what}`, message, key: null },
});

/** The options of the client, or what is wrong with the attributes. */
export function setupOf(settings: PhoneSettings, fetch: Platform['fetch']): Setup {
  const { login, password, loginToken, tokenUrl, clientOptions, location } = settings;
  const own = /^https?:$/.test(location.protocol)
    ? `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}`
    : '';
  const host = settings.host || clientOptions?.host || own;
  if (host === '') {
    return bad('host', 'host is missing, and a page of no web server has none of its own');
  }
  try {
    endpointOf({ host });
  } catch (error) {
    return bad('host', (error as Error).message);
  }
  const options: ClientOptions = { ...clientOptions, host };
  const ways = [login !== '', loginToken !== undefined && loginToken !== '', tokenUrl !== ''];
  if (ways.filter(Boolean).length > 1) {
    return bad('credentials', 'give one of login, login-token and token-url');
  }
  if (login !== '') {
    return password === ''
      ? bad('password', 'login is given without a password')
      : { ok: true, options: { ...options, login, password } };
  }
  if (password !== '') {
    return bad('login', 'password is given without a login');
  }
  if (tokenUrl !== '') {
    if (!URL.canParse(tokenUrl, location.href)) {
      return bad('token_url', `token-url="${tokenUrl}" is no address`);
    }
    return { ok: true, options: { ...options, login_token: tokenFrom(tokenUrl, fetch) } };
  }
  if (loginToken) {
    return { ok: true, options: { ...options, login_token: loginToken } };
  }
  const { login: user, login_token: token, anonymous_login: anonymous } = options;
  return user || token || anonymous
    ? { ok: true, options }
    : bad('credentials', 'login and password, login-token or token-url is missing');
}

/** Asks the page's own server, as the user who is signed in there. */
function tokenFrom(url: string, fetch: Platform['fetch']): TokenSource {
  return async () => {
    const response = await fetch(url, {
      method: 'POST',
      credentials: 'same-origin',
      headers: { accept: 'application/json' },
    });
    if (!response.ok) {
      throw new Error(`${url} answered with status ${String(response.status)}`);
    }
    const body: unknown = await response.json();
    const token = (body as { login_token?: unknown } | null)?.login_token;
    if (typeof token !== 'string' || token === '') {
      throw new Error(`${url} answered without a login_token`);
    }
    return token;
  };
}
