import type { Call } from '@offhook/client';
import {
  isAnswered,
  isEnded,
  sameCallSnapshot,
  takeCallSnapshot,
  type CallSnapshot,
  type CallTimes,
} from './call-snapshot.ts';

const NO_IDS: readonly string[] = [];

interface Entry {
  call: Call;
  snapshot: CallSnapshot;
  /** Ids that the call had before recovery gave it another one. */
  readonly formerIds: readonly string[];
  /** Who ended it; null while nobody has. */
  endedBy: CallSnapshot['endedBy'];
  undo: readonly (() => void)[];
}

/** What {@link CallList} tells its owner. */
export interface CallListEvents {
  changed(): void;
  ended(snapshot: CallSnapshot): void;
}

/** Follows calls from their first update to their end. Owned by the phone store; `clear()` leaves no listener behind. */
export class CallList {
  readonly #entries = new Map<string, Entry>();
  readonly #events: CallListEvents;
  readonly #now: () => number;
  #snapshots: readonly CallSnapshot[] = [];

  constructor(events: CallListEvents, now: () => number) {
    this.#events = events;
    this.#now = now;
  }

  /** Live calls, oldest first. The array is a new one only when something changed. */
  get snapshots(): readonly CallSnapshot[] {
    return this.#snapshots;
  }

  /** A call reported something. Also how a call gets known. */
  update(call: Call): void {
    const known = this.#entries.get(call.id);
    // The last words of an object that recovery has replaced.
    if (known && known.call !== call && isEnded(call.state)) {
      return;
    }
    const entry = known?.call === call ? known : this.#adopt(call, known);
    if (!entry) {
      return;
    }
    this.#refresh(entry);
  }

  clear(): void {
    for (const { undo } of this.#entries.values()) {
      undo.forEach((stop) => stop());
    }
    this.#entries.clear();
    this.#publish();
  }

  #adopt(call: Call, replaced: Entry | undefined): Entry | undefined {
    // Ended before it was ever seen, or the second of `hangup` and `destroy`.
    if (isEnded(call.state)) {
      return undefined;
    }
    replaced?.undo.forEach((stop) => stop());
    const past = replaced ?? this.#recoveredFrom(call);
    const times: CallTimes = {
      createdAt: past?.snapshot.createdAt ?? this.#now(),
      // The call itself knows it also after a reload of the page.
      startedAt: past?.snapshot.startedAt ?? call.answeredAt ?? null,
      endedAt: null,
      endedBy: null,
    };
    const formerIds =
      past && past.call.id !== call.id
        ? [...past.formerIds, past.call.id]
        : (past?.formerIds ?? NO_IDS);
    const refresh = () => this.update(call);
    const entry: Entry = {
      call,
      snapshot: takeCallSnapshot(call, times, formerIds),
      formerIds,
      endedBy: null,
      undo: [
        call.on('ringing', refresh),
        call.on('hold', refresh),
        call.on('remoteAway', refresh),
        call.on('remoteParty', refresh),
        call.on('mute', refresh),
        call.on('ended', ({ side }) => {
          entry.endedBy = side;
          this.update(call);
        }),
      ],
    };
    this.#entries.set(call.id, entry);
    this.#publish();
    return entry;
  }

  #recoveredFrom(call: Call): Entry | undefined {
    const past = this.#entries.get(call.recoveredCallId);
    if (past) {
      this.#remove(past);
    }
    return past;
  }

  #refresh(entry: Entry): void {
    const { call, snapshot, endedBy, formerIds } = entry;
    const times: CallTimes = {
      createdAt: snapshot.createdAt,
      startedAt:
        snapshot.startedAt ?? call.answeredAt ?? (isAnswered(call.state) ? this.#now() : null),
      endedAt: snapshot.endedAt ?? (isEnded(call.state) ? this.#now() : null),
      endedBy,
    };
    const next = takeCallSnapshot(call, times, formerIds);
    if (sameCallSnapshot(next, snapshot)) {
      return;
    }
    entry.snapshot = next;
    // The call's own event, right after the update to `hangup`, tells who ended it.
    const over = endedBy !== null || call.state === 'destroy';
    if (over) {
      this.#remove(entry);
    }
    this.#publish();
    if (over) {
      this.#events.ended(next);
    }
  }

  #remove(entry: Entry): void {
    entry.undo.forEach((stop) => stop());
    this.#entries.delete(entry.call.id);
  }

  #publish(): void {
    this.#snapshots = [...this.#entries.values()].map((entry) => entry.snapshot);
    this.#events.changed();
  }
}
