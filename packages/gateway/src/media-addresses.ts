import type { Logger } from 'pino';
import { isPrivateAddress } from './config/private-address.ts';
import type { Addresses } from './media/embedded/addresses.ts';
import type { MediaMetrics } from './metrics/media-metrics.ts';

/** Tells the log and `/metrics` where callers reach the media plane, at start and when that changes. */
export class AddressReport {
  readonly #logger: Logger;
  readonly #metrics: MediaMetrics;
  readonly #isDemo: boolean;
  #isFirst = true;

  constructor(logger: Logger, metrics: MediaMetrics, isDemo: boolean) {
    this.#logger = logger;
    this.#metrics = metrics;
    this.#isDemo = isDemo;
  }

  tell(addresses: Addresses): void {
    const { own, public: outside, missing } = addresses;
    this.#metrics.addresses(addresses);
    if (!this.#isFirst) {
      this.#metrics.addressesChanged();
    }
    const message = this.#isFirst ? 'Addresses for media' : 'The addresses for media changed';
    this.#isFirst = false;
    this.#logger.info({ own, public: outside }, message);
    if (missing.length > 0) {
      this.#logger.warn(
        { missing },
        'Nothing was found for a part of media.publicAddress; it is asked again every few seconds',
      );
    }
    // Browsers elsewhere cannot send audio to a private address: calls would connect and stay silent.
    if (!this.#isDemo && [...outside, ...own].every(isPrivateAddress)) {
      this.#logger.warn(
        { addresses: [...outside, ...own] },
        'Only private addresses are offered for media: browsers outside this network will hear nothing. Set media.publicAddress',
      );
    }
  }
}
