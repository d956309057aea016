import type { DebugFrame } from '@offhook/protocol';
import { sessionHash } from './keys.ts';
import type { DebugChunk } from './store.ts';

/** Frames are handed over in pieces of about this many characters. */
const CHUNK = 128 * 1024;
/** Of one call: the reference sends 12 kB a second. */
const MAX_CALL = 32 * 1024 * 1024;
/** Calls of one session that report at a time. */
const MAX_CALLS = 8;

interface Open {
  readonly lines: string[];
  characters: number;
  total: number;
}

/**
 * Debug reports over the socket (wire spec 17), collected until a piece is worth writing down. They begin before their call's
 * invite and go on after its end, so it is the store that looks whether the session had such a call.
 */
export class DebugReports {
  readonly #now: () => number;
  readonly #save: (chunk: DebugChunk) => void;
  readonly #sessions = new Map<string, Map<string, Open>>();

  /** @param save must not throw */
  constructor(now: () => number, save: (chunk: DebugChunk) => void) {
    this.#now = now;
    this.#save = save;
  }

  add(sessionId: string, frame: DebugFrame): void {
    const calls = this.#sessions.get(sessionId) ?? new Map<string, Open>();
    const open = calls.get(frame.call_id) ?? { lines: [], characters: 0, total: 0 };
    if (calls.size >= MAX_CALLS && !calls.has(frame.call_id)) {
      return;
    }
    this.#sessions.set(sessionId, calls);
    calls.set(frame.call_id, open);
    const line = JSON.stringify({
      t: this.#now(),
      type: frame.type,
      id: frame.debug_report_id,
      data: frame.debug_report_data,
    });
    open.total += line.length;
    if (open.total <= MAX_CALL) {
      open.lines.push(line);
      open.characters += line.length;
    }
    if (frame.type === 'debug_report_stop') {
      this.#flush(sessionId, frame.call_id, open);
      calls.delete(frame.call_id);
      if (calls.size === 0) {
        this.#sessions.delete(sessionId);
      }
    } else if (open.characters >= CHUNK) {
      this.#flush(sessionId, frame.call_id, open);
    }
  }

  /** Hands over what there is of a session that will send no more. */
  sessionEnded(sessionId: string): void {
    for (const [callId, open] of this.#sessions.get(sessionId) ?? []) {
      this.#flush(sessionId, callId, open);
    }
    this.#sessions.delete(sessionId);
  }

  /** Hands over everything. */
  close(): void {
    for (const sessionId of [...this.#sessions.keys()]) {
      this.sessionEnded(sessionId);
    }
  }

  #flush(sessionId: string, callId: string, open: Open): void {
    if (open.lines.length === 0) {
      return;
    }
    const lines = `${open.lines.splice(0).join('\n')}\n`;
    open.characters = 0;
    this.#save({ session: sessionHash(sessionId), callId, receivedAt: this.#now(), lines });
  }
}
