import {
  LEASE_MS,
  MAX_FOUND,
  ORPHAN_MS,
  RECORD_MS,
  TOMBSTONE_MS,
  type CallEpoch,
  type CallRecords,
  type KeptRecord,
  type Taken,
} from '../call-records.ts';

interface Row extends KeptRecord {
  readonly until: number;
  /** The attempt by which its owner took it. */
  by?: number;
}

/** The same rules without a server, by whatever time it is given. */
export class MemoryCallRecords implements CallRecords {
  readonly #now: () => number;
  readonly #renewed = new Map<string, { at: number; ended: boolean }>();
  readonly #tried = new Map<string, number>();
  readonly #rows = new Map<string, Row>();

  constructor(now: () => number) {
    this.#now = now;
  }

  renew(node: string): Promise<boolean> {
    const was = this.#lives(node, LEASE_MS);
    this.#renewed.set(node, { at: this.#now(), ended: false });
    return Promise.resolve(was);
  }

  release(node: string): Promise<void> {
    const lease = this.#renewed.get(node);
    if (lease) {
      lease.ended = true;
    }
    return Promise.resolve();
  }

  write(kept: KeptRecord): Promise<boolean> {
    const row = this.#row(kept.id);
    if (row && (row.node !== kept.node || row.epoch !== kept.epoch)) {
      return Promise.resolve(false);
    }
    if (!row || kept.revision > row.revision) {
      const ms = kept.text === '' ? TOMBSTONE_MS : RECORD_MS;
      this.#rows.set(kept.id, { ...row, ...kept, until: this.#now() + ms });
    }
    return Promise.resolve(true);
  }

  lost(node: string, calls: readonly CallEpoch[]): Promise<readonly string[]> {
    const lost = calls.filter(({ id, epoch }) => {
      const row = this.#row(id);
      return row !== undefined && (row.node !== node || row.epoch !== epoch);
    });
    return Promise.resolve(lost.map(({ id }) => id));
  }

  find(session: string): Promise<readonly CallEpoch[]> {
    const found = [...this.#rows.values()].filter(
      ({ id, sessions, text }) =>
        sessions.includes(session) && text !== '' && this.#row(id) !== undefined,
    );
    return Promise.resolve(found.slice(0, MAX_FOUND).map(({ id, epoch }) => ({ id, epoch })));
  }

  take(node: string, { id, epoch }: CallEpoch, attempt: number): Promise<Taken | 'owned' | 'none'> {
    const row = this.#row(id);
    if (!row || row.text === '') {
      return Promise.resolve('none');
    }
    const { revision, text } = row;
    if (row.node === node && row.epoch === epoch + 1 && (row.by ?? Infinity) <= attempt) {
      row.by = attempt;
      return Promise.resolve({ epoch: row.epoch, revision, text });
    }
    if (this.#isOld(node, id, attempt) || row.epoch !== epoch || !this.#lives(node, LEASE_MS)) {
      return Promise.resolve('owned');
    }
    if (row.node !== node && this.#lives(row.node, LEASE_MS)) {
      return Promise.resolve('owned');
    }
    if (row.node !== '' && !this.#lives(row.node, ORPHAN_MS, true)) {
      this.#rows.delete(id);
      return Promise.resolve('none');
    }
    const until = this.#now() + RECORD_MS;
    this.#rows.set(id, { ...row, node, epoch: epoch + 1, by: attempt, until });
    return Promise.resolve({ epoch: epoch + 1, revision, text });
  }

  giveBack(node: string, id: string, attempt: number): Promise<void> {
    this.#isOld(node, id, attempt);
    const row = this.#row(id);
    if (row?.node === node && (row.by ?? Infinity) <= attempt && row.text !== '') {
      const until = this.#now() + ORPHAN_MS;
      this.#rows.set(id, { ...row, node: '', epoch: row.epoch + 1, until });
    }
    return Promise.resolve();
  }

  /** From now on it is. */
  #isOld(node: string, id: string, attempt: number): boolean {
    const key = `${node} ${id}`;
    const isOld = (this.#tried.get(key) ?? 0) >= attempt;
    if (!isOld) {
      this.#tried.set(key, attempt);
    }
    return isOld;
  }

  #lives(node: string, ms: number, evenIfReleased = false): boolean {
    const lease = this.#renewed.get(node);
    return lease !== undefined && (evenIfReleased || !lease.ended) && this.#now() < lease.at + ms;
  }

  #row(id: string): Row | undefined {
    const row = this.#rows.get(id);
    return row && this.#now() < row.until ? row : undefined;
  }
}
