import { describe, expect, it } from 'vitest';
import { ApiKeys } from './api-keys.ts';
import type { ApiKeyStore, StoredApiKey } from './api-keys.ts';

/** Keys on a disk that takes nothing any more once `full` is set. */
class FullDisk implements ApiKeyStore {
  full = false;
  writes = 0;
  #key: StoredApiKey | null = null;

  get(id: string): StoredApiKey | null {
    return this.#key?.id === id ? this.#key : null;
  }

  list(): readonly StoredApiKey[] {
    return this.#key === null ? [] : [this.#key];
  }

  add(key: StoredApiKey): boolean {
    this.#key = key;
    return true;
  }

  remove(): boolean {
    return false;
  }

  used(): void {
    this.writes += 1;
    if (this.full) {
      throw new Error('database or disk is full');
    }
  }
}

describe('API keys on a disk that is full', () => {
  it('open what they opened, and the disk is asked once a minute', () => {
    let now = 1_700_000_000_000;
    const disk = new FullDisk();
    const keys = new ApiKeys(disk, () => now);
    const { key } = keys.add({
      name: 'crm',
      scopes: ['calls:read'],
      createdBy: 'root',
      expiresAt: null,
    });
    disk.full = true;
    for (let asked = 0; asked < 5; asked += 1) {
      expect(keys.check(key)).toMatchObject({ ok: true });
    }
    expect(disk.writes).toBe(1);
    now += 60_000;
    expect(keys.check(key)).toMatchObject({ ok: true });
    expect(disk.writes).toBe(2);
  });
});
