import type { AnonymousLoginParams, LoginParams } from '@offhook/protocol';
import { loginKind, type AnonymousLogin, type ClientOptions } from '../options.ts';
import { VERSION } from '../version.ts';
import { originOf } from './endpoint.ts';
import { tokenClaims } from './token.ts';

/** What one sign-in uses. Only the kind that counts: with a password, the token is neither read nor sent. */
export type Credentials =
  | { readonly kind: 'password'; readonly login: string; readonly passwd: string }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'anonymous'; readonly target: AnonymousLogin };

/**
 * Synchronous unless the token has to be fetched, so that `connect()` opens its socket in the same tick. A user name or password that
 * is a number (an extension, read from JSON) is sent as its digits.
 */
export function readCredentials(options: ClientOptions): Credentials | Promise<Credentials> {
  const kind = loginKind(options);
  const { login = '', password, passwd, login_token: source, anonymous_login: target } = options;
  if (kind === 'password') {
    const [user, secret]: readonly unknown[] = [login, password || passwd];
    return { kind, login: String(user), passwd: String(secret) };
  }
  if (kind === 'token') {
    if (typeof source !== 'function') {
      return { kind, token: String(source) };
    }
    return Promise.resolve(source()).then((token) => {
      if (typeof token !== 'string' || !token) {
        throw new TypeError('login_token gave no token');
      }
      return { kind, token };
    });
  }
  if (!target || !kind) {
    throw new TypeError('No credentials');
  }
  return { kind, target };
}

/** Who signs in, as far as that can be told; undefined for an opaque token. */
export function identityOf(credentials: Credentials): string | undefined {
  switch (credentials.kind) {
    case 'password':
      return credentials.login;
    case 'token': {
      const sub = tokenClaims(credentials.token)?.['sub'];
      return typeof sub === 'string' ? sub : undefined;
    }
    case 'anonymous':
      return `${credentials.target.target_type}/${credentials.target.target_id}`;
  }
}

/** Key of the session record in storage: gateway and identity. An opaque token is known by a digest of itself. */
export function storageKey(options: ClientOptions, credentials: Credentials): string {
  const who =
    identityOf(credentials) ?? (credentials.kind === 'token' ? digest(credentials.token) : '');
  return `offhook:${originOf(options).replace(/^wss?:\/\//, '')}:${who}`;
}

function digest(text: string): string {
  let hash = 0x811c9dc5;
  for (const char of text) {
    hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  }
  return (hash >>> 0).toString(36);
}

/** What a sign-in tells beside the credentials. */
export interface LoginContext {
  readonly userAgent: string;
  readonly reconnection: boolean;
  /** The session to resume. */
  readonly sessionId: string | undefined;
  /** Only towards a gateway that announced `reattach`. */
  readonly calls:
    readonly { readonly callID: string; readonly peer: 'live' | 'gone' }[] | undefined;
}

/** Wire spec 4.1. */
export function loginParams(
  credentials: Exclude<Credentials, { kind: 'anonymous' }>,
  options: ClientOptions,
  context: LoginContext,
): LoginParams {
  const push = options.pushWhenActive ?? options.userVariables?.['push_when_active'] ?? false;
  return {
    ...(credentials.kind === 'password'
      ? { login: credentials.login, passwd: credentials.passwd }
      : { login_token: credentials.token }),
    userVariables: { ...options.userVariables, push_when_active: push, pn_late_fanout: push },
    loginParams: { early_sdp_answer: Boolean(options.earlySdpAnswer) },
    ...shared(context),
    ...(context.calls && { offhook: { v: 1, calls: context.calls } }),
  };
}

/** Wire spec 4.2. */
export function anonymousLoginParams(
  { target_type, target_id, target_version_id, target_params }: AnonymousLogin,
  options: ClientOptions,
  context: LoginContext,
): AnonymousLoginParams {
  return {
    target_type,
    target_id,
    ...(options.userVariables && { userVariables: options.userVariables }),
    ...shared(context),
    ...(target_version_id && { target_version_id }),
    ...(target_params && { target_params }),
  };
}

function shared({ reconnection, userAgent, sessionId }: LoginContext) {
  return {
    reconnection,
    'User-Agent': { sdkVersion: VERSION, data: userAgent },
    ...(sessionId && { sessid: sessionId }),
  };
}
