import * as openid from 'openid-client';
import type { ClientAuth, Configuration, IDToken } from 'openid-client';
import type { Config } from '../../config.ts';
import { isLoopbackName } from '../../http/addresses.ts';
import { providerFetch } from './fetch.ts';

type OidcConfig = NonNullable<Config['admin']['oidc']>;

const TIMEOUT_SECONDS = 5;
/** What the provider says of itself is asked again after this. */
const FRESH_MS = 3_600_000;
/** One that is longer is not kept: the provider asks then who signs out. */
const MAX_ID_TOKEN = 8192;

/** Where the provider sends browsers back to. */
export const CALLBACK_PATH = '/oidc/callback';

/** What one sign-in is made of; never leaves the gateway but for `state` and what `authorizationUrl` derives of the rest. */
export interface Secrets {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

export interface Identity {
  readonly subject: string;
  /** The name that people know. */
  readonly name: string;
  /** The claim has one of the values that administrators have. */
  readonly admin: boolean;
  /** Epoch milliseconds. */
  readonly until: number;
  readonly idToken: string;
}

/** The OpenID provider does not answer, or says of itself what cannot be used. */
export class ProviderAway extends Error {}

/** The provider signed nobody in, or what it sent is not valid. */
export class NotSignedIn extends Error {}

/** @returns null when none is configured */
export function oidcProvider(config: Config, monotonic: () => number): OidcProvider | null {
  const { oidc } = config.admin;
  const { publicUrl } = config;
  return oidc === undefined || publicUrl === undefined
    ? null
    : new OidcProvider(oidc, new URL(publicUrl).origin, monotonic);
}

/**
 * The OpenID provider by which administrators sign in (OpenID Connect Core 1.0, authorization code flow with PKCE). It is asked of itself
 * with the first sign-in, so the gateway starts without it.
 */
export class OidcProvider {
  /** The name that people know it by. */
  readonly name: string;
  readonly issuer: string;
  /** Of the gateway, as browsers know it. */
  readonly origin: string;
  readonly #config: OidcConfig;
  readonly #monotonic: () => number;
  #known: { readonly configuration: Configuration; readonly at: number } | null = null;
  #asking: Promise<Configuration> | null = null;

  constructor(config: OidcConfig, origin: string, monotonic: () => number) {
    this.#config = config;
    this.name = config.name ?? new URL(config.issuer).hostname;
    this.issuer = config.issuer;
    this.origin = origin;
    this.#monotonic = monotonic;
  }

  newSecrets(): Secrets {
    return {
      state: openid.randomState(),
      nonce: openid.randomNonce(),
      verifier: openid.randomPKCECodeVerifier(),
    };
  }

  /** Asks the provider of itself, unless that is known. @throws {ProviderAway} */
  async discover(): Promise<void> {
    await this.#configuration();
  }

  /** Where a browser signs in. @throws {ProviderAway} */
  async authorizationUrl({ state, nonce, verifier }: Secrets): Promise<string> {
    const configuration = await this.#configuration();
    const url = openid.buildAuthorizationUrl(configuration, {
      redirect_uri: `${this.origin}${CALLBACK_PATH}`,
      scope: this.#config.scopes.join(' '),
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
    });
    return url.href;
  }

  /**
   * Takes the code to the provider, and checks the ID token: signature, issuer, audience, times, nonce.
   * @param search the query with which the browser came back
   * @throws {ProviderAway | NotSignedIn}
   */
  async identify(search: string, { state, nonce, verifier }: Secrets): Promise<Identity> {
    const configuration = await this.#configuration();
    const url = new URL(`${this.origin}${CALLBACK_PATH}`);
    url.search = search;
    const tokens = await openid
      .authorizationCodeGrant(configuration, url, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      })
      .catch((error: unknown) => {
        throw explain(error);
      });
    const claims = tokens.claims();
    if (claims === undefined) {
      throw new NotSignedIn('there is no ID token');
    }
    return {
      subject: claims.sub,
      name: shownName(claims),
      admin: this.#isAdmin(claims),
      until: claims.exp * 1000,
      idToken: tokens.id_token ?? '',
    };
  }

  /** Where the provider signs a user out (OpenID Connect RP-Initiated Logout 1.0); null when it has no such place, or is not known. */
  signOutUrl(idToken: string): string | null {
    const configuration = this.#known?.configuration;
    if (configuration?.serverMetadata().end_session_endpoint === undefined) {
      return null;
    }
    return openid.buildEndSessionUrl(configuration, {
      post_logout_redirect_uri: `${this.origin}/quality/sign-in`,
      ...(idToken === '' || idToken.length > MAX_ID_TOKEN ? {} : { id_token_hint: idToken }),
    }).href;
  }

  /** An address that its owner has not proved is nobody's. */
  #isAdmin(claims: IDToken): boolean {
    const { claim, values } = this.#config;
    if (!Object.hasOwn(claims, claim) || (claim === 'email' && claims['email_verified'] !== true)) {
      return false;
    }
    const value = claims[claim];
    const given: readonly unknown[] = Array.isArray(value) ? value : [value];
    return given.some((each) => typeof each === 'string' && values.includes(each));
  }

  async #configuration(): Promise<Configuration> {
    const known = this.#known;
    if (known !== null && this.#monotonic() - known.at < FRESH_MS) {
      return known.configuration;
    }
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  async #ask(): Promise<Configuration> {
    const { issuer, clientId, clientSecret } = this.#config;
    const loopback = isLoopbackName(new URL(issuer).hostname);
    try {
      const configuration = await openid.discovery(
        new URL(issuer),
        clientId,
        undefined,
        clientAuth(clientSecret),
        {
          timeout: TIMEOUT_SECONDS,
          [openid.customFetch]: providerFetch,
          execute: [
            openid.enableNonRepudiationChecks,
            // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that it stands out; for this machine only
            ...(loopback ? [openid.allowInsecureRequests] : []),
          ],
        },
      );
      this.#known = { configuration, at: this.#monotonic() };
      return configuration;
    } catch (error) {
      throw new ProviderAway(`The OpenID provider ${issuer} cannot be used: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }
}

/** By the body where the provider says that it takes that, else by the header, which every provider must take. */
function clientAuth(secret: string): ClientAuth {
  const post = openid.ClientSecretPost(secret);
  const basic = openid.ClientSecretBasic(secret);
  return (server, client, body, headers) => {
    const takesPost =
      server.token_endpoint_auth_methods_supported?.includes('client_secret_post') === true;
    (takesPost ? post : basic)(server, client, body, headers);
  };
}

/** What the provider calls a user; it chooses no name of ours, since its own name stands behind it. */
function shownName(claims: IDToken): string {
  const given = [claims['preferred_username'], claims['email'], claims['name']];
  const found = given.find(
    (each): each is string => typeof each === 'string' && each.trim() !== '',
  );
  // Control characters would break lines of logs and of terminals.
  return (found ?? claims.sub).replaceAll(/\p{C}/gu, '').slice(0, 100);
}

/** Its own refusals and tokens that are not valid are no fault of the network's. */
function explain(error: unknown): Error {
  if (error instanceof openid.AuthorizationResponseError) {
    return new NotSignedIn(`the provider answered ${error.error}`, { cause: error });
  }
  if (error instanceof openid.ResponseBodyError) {
    return new NotSignedIn(`the provider answered ${error.error}`, { cause: error });
  }
  const { code } = error as { readonly code?: unknown };
  const network = error instanceof Error && (error.name === 'TimeoutError' || isSystem(code));
  const message = reasonOf(error);
  return network || code === 'OAUTH_TIMEOUT'
    ? new ProviderAway(message, { cause: error })
    : new NotSignedIn(message, { cause: error });
}

function isSystem(code: unknown): boolean {
  return typeof code === 'string' && /^E[A-Z]+$/.test(code);
}

function reasonOf(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const { code } = inner as NodeJS.ErrnoException;
  return isSystem(code) ? String(code) : inner instanceof Error ? inner.message : String(inner);
}
