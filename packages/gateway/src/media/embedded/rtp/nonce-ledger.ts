/**
 * Every nonce that one key encrypted with, for tests: with `OFFHOOK_TEST_ASSERT_NONCES=1` a second use throws, since two messages under one
 * nonce of AES-GCM or AES-CTR give away both, and under GCM the key that signs. Else there is none, and nothing is kept.
 */
export class NonceLedger {
  readonly #used = new Set<string>();

  /** For a new key. */
  static open(): NonceLedger | null {
    return process.env['OFFHOOK_TEST_ASSERT_NONCES'] === '1' ? new NonceLedger() : null;
  }

  /** @throws Error for a nonce that was used before */
  use(nonce: Buffer): void {
    const key = nonce.toString('latin1');
    if (this.#used.has(key)) {
      throw new Error(`A nonce was used twice: ${nonce.toString('hex')}`);
    }
    this.#used.add(key);
  }
}
