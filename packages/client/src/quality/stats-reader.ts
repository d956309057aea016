/** A report of statistics. A browser makes an entry when it is asked for, so what is not read costs nothing. */
type Report = ReadonlyMap<string, RTCStats>;

const AUDIO: readonly string[] = [
  'inbound-rtp',
  'outbound-rtp',
  'remote-inbound-rtp',
  'remote-outbound-rtp',
  'media-source',
];
type Name =
  | 'inbound-rtp'
  | 'outbound-rtp'
  | 'remote-inbound-rtp'
  | 'remote-outbound-rtp'
  | 'media-source'
  | 'transport'
  /** The candidate pair that is marked as selected: Firefox's transports do not name it. */
  | 'pair';

/**
 * Finds in each report of one peer connection the entries of its audio, by the ids that they had in the report before. To look at all
 * makes some 25 objects of 10 to 60 members, which is most of what a sample costs a page.
 */
export class StatsReader {
  #ids = new Map<string, string>();
  #size = -1;

  /** To be called with each report first. */
  read(report: Report): void {
    if (report.size !== this.#size || this.#isAnotherPair(report)) {
      this.#find(report);
    }
  }

  get(report: Report, name: Name): RTCStats | null {
    const id = this.idOf(name);
    if (id === undefined) {
      return null;
    }
    const entry = report.get(id);
    if (entry) {
      return entry;
    }
    // One went and another came.
    this.#find(report);
    return report.get(this.idOf(name) ?? '') ?? null;
  }

  /** Undefined: the report that was read last has no such entry. */
  idOf(name: Name): string | undefined {
    return this.#ids.get(name);
  }

  #find(report: Report): void {
    this.#size = report.size;
    this.#ids = new Map();
    for (const [key, entry] of report) {
      const { type } = entry as { readonly type: string };
      const { kind, selected } = entry as { readonly kind?: string; readonly selected?: boolean };
      const known = AUDIO.includes(type) ? kind === 'audio' : type === 'transport';
      const name = selected === true ? 'pair' : type;
      if ((known || selected === true) && !this.#ids.has(name)) {
        this.#ids.set(name, key);
      }
    }
  }

  #isAnotherPair(report: Report): boolean {
    const pair = this.get(report, 'pair') as { readonly selected?: boolean } | null;
    return pair !== null && pair.selected !== true;
  }
}
