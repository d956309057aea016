import { browserOf } from '../reports/browser.ts';

/** What a client says that it is. */
export interface ClientFacts {
  /** Version of its SDK. */
  readonly client: string | null;
  readonly browser: string | null;
}

const MAX_VERSION = 32;

/**
 * @param told `User-Agent` of a login: an object with the SDK's version, or a text of mobile SDKs
 * @param header of the request for the socket
 */
export function clientFacts(told: unknown, header: string | undefined): ClientFacts {
  const version =
    typeof told === 'object' && told !== null && 'sdkVersion' in told ? told.sdkVersion : told;
  return {
    client: typeof version === 'string' && version !== '' ? version.slice(0, MAX_VERSION) : null,
    browser: header === undefined ? null : browserOf(header),
  };
}
