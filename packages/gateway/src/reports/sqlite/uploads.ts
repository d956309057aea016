import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { gzipSync } from 'node:zlib';
import type { CallRecording, CallReport } from '@offhook/protocol';
import { BodyError, readRecording, readReport } from '../body.ts';
import { browserOf } from '../browser.ts';
import { digestOf, feedbackOf, meanMos, timeOf } from '../digest.ts';
import { scrubText } from '../scrub.ts';
import type { DebugChunk, Upload, UploadOutcome } from '../store.ts';
import { wavHeader } from '../../wav.ts';
import type { CallRows } from './call-rows.ts';

/** How long after its session a key is good. */
const KEY_MS = 7 * 24 * 3600 * 1000;
/**
 * How much of all that may be held one end of a call, and one session, may hold. With the room that is made in `retention.ts` at the cost
 * of whoever holds most, nobody's reports are forgotten for one uploader.
 */
const LEG_SHARE = 1 / 8;
const SESSION_SHARE = 1 / 4;
/** Of all the debug reports of one leg. */
const DEBUG_BYTES = 4 * 1024 * 1024;
const SAMPLE_RATES = { min: 8000, max: 192_000 } as const;
const MAX_VERSION = 64;

interface LegRow {
  readonly id: string;
  readonly call: string;
  readonly startedAt: number;
  readonly session: string;
}

/** There is no room for so many bytes; the store may make some. */
export class NoRoom extends BodyError {
  readonly bytes: number;
  constructor(bytes: number) {
    super('store_full', 'The store of reports is full of what may not be forgotten');
    this.bytes = bytes;
  }
}

/** What clients send: taken only for calls that the gateway knows of their session, each part once. */
export class Uploads {
  readonly #calls: CallRows;
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #fits: () => boolean;
  readonly #grow: StatementSync;
  readonly #ofSession: StatementSync;
  readonly #legs: StatementSync;
  readonly #addReport: StatementSync;
  readonly #describeLeg: StatementSync;
  readonly #sumLeg: StatementSync;
  readonly #addDebug: StatementSync;
  readonly #debugBytes: StatementSync;
  readonly #addRecording: StatementSync;
  readonly #recordings: StatementSync;

  /**
   * @param maxBytes of everything that is held
   * @param fits whether what is held, the open transaction included, may be
   */
  constructor(
    db: DatabaseSync,
    calls: CallRows,
    folder: string,
    maxBytes: number,
    fits: () => boolean,
  ) {
    this.#fits = fits;
    this.#maxBytes = maxBytes;
    this.#grow = db.prepare('UPDATE legs SET bytes = bytes + ? WHERE id = ? RETURNING bytes');
    this.#ofSession = db.prepare('SELECT SUM(bytes) AS bytes FROM legs WHERE session = ?');
    this.#calls = calls;
    this.#folder = folder;
    this.#legs = db.prepare(`
      SELECT id, call, started_at, session_ended_at FROM legs
      WHERE session = ? AND call_id = ? ORDER BY started_at DESC, rowid DESC`);
    this.#addReport = db.prepare(`
      INSERT INTO reports (leg, page, segment, received_at, intervals, mos_sum, mos_count, mos_min, jitter_sum, jitter_count,
                           rtt_sum, rtt_count, lost, received, body)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (leg, page, segment) DO NOTHING`);
    this.#describeLeg = db.prepare(`
      UPDATE legs SET browser = COALESCE(?2, browser), sdk = ?3, sdk_version = COALESCE(?4, sdk_version),
                      feedback = COALESCE(?5, feedback), feedback_score = COALESCE(?6, feedback_score)
      WHERE id = ?1`);
    this.#sumLeg = db.prepare(`
      UPDATE legs SET (mos, mos_min, loss_percent, jitter_ms, rtt_ms) = (
        SELECT SUM(mos_sum) / NULLIF(SUM(mos_count), 0), MIN(mos_min), 100.0 * SUM(lost) / NULLIF(SUM(lost + received), 0),
               SUM(jitter_sum) / NULLIF(SUM(jitter_count), 0), SUM(rtt_sum) / NULLIF(SUM(rtt_count), 0)
        FROM reports WHERE leg = ?1
      ) WHERE id = ?1`);
    this.#addDebug = db.prepare('INSERT INTO debug (leg, received_at, data) VALUES (?, ?, ?)');
    this.#debugBytes = db.prepare(
      'SELECT COALESCE(SUM(LENGTH(data)), 0) AS bytes FROM debug WHERE leg = ?',
    );
    this.#addRecording = db.prepare(`
      INSERT INTO recordings (leg, recording_id, track, first_seq, first_sample, samples, sample_rate, started_at, bytes)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (leg, recording_id, track, first_sample, first_seq) DO NOTHING`);
    this.#recordings = db.prepare('SELECT id FROM recordings');
  }

  addReport(upload: Upload): UploadOutcome {
    return this.#take(upload, (legs) => {
      const report = readReport(upload);
      const { telnyxLegId } = report.summary;
      return this.#insertReport(
        legs.find((leg) => leg.id === telnyxLegId) ?? legs[0],
        report,
        upload,
      );
    });
  }

  addRecording(upload: Upload): UploadOutcome {
    return this.#take(upload, ([leg]) => this.#insertRecording(leg, readRecording(upload), upload));
  }

  addDebug({ session, callId, receivedAt, lines }: DebugChunk): void {
    const leg = this.#legs.get(session, callId)?.['id'];
    if (typeof leg !== 'string') {
      return;
    }
    const data = gzipSync(scrubText(lines));
    const bytes = Number(this.#debugBytes.get(leg)?.['bytes']);
    if (bytes + data.length > DEBUG_BYTES || this.#quota(leg, session, data.length) !== null) {
      return;
    }
    this.#addDebug.run(leg, receivedAt, data);
  }

  /** Names of the files that belong to recordings. */
  recordingFiles(): Set<string> {
    return new Set(this.#recordings.all().map((row) => recordingFile(Number(row['id']))));
  }

  /** The body is not even unpacked for a call that is not the key's. */
  #take(
    upload: Upload,
    work: (legs: readonly [LegRow, ...LegRow[]]) => UploadOutcome,
  ): UploadOutcome {
    const rows = this.#legs.all(upload.session, upload.callId);
    const [first, ...others] = rows.map((row) => ({
      id: String(row['id']),
      call: String(row['call']),
      startedAt: Number(row['started_at']),
      session: upload.session,
    }));
    if (first === undefined) {
      const message = 'This session had no such call here';
      return { ok: false, reason: 'call_unknown', message };
    }
    const over = rows[0]?.['session_ended_at'];
    if (typeof over === 'number' && upload.receivedAt > over + KEY_MS) {
      return { ok: false, reason: 'expired', message: 'The session ended more than 7 days ago' };
    }
    return work([first, ...others]);
  }

  #insertReport(leg: LegRow, report: CallReport, { receivedAt, userAgent }: Upload): UploadOutcome {
    const digest = digestOf(report);
    const body = gzipSync(JSON.stringify(report));
    const added = this.#addReport.run(
      leg.id,
      timeOf(report.summary.startTimestamp) ?? leg.startedAt,
      report.segment ?? 0,
      receivedAt,
      digest.intervals,
      digest.mosSum,
      digest.mosCount,
      digest.mosMin,
      digest.jitterSum,
      digest.jitterCount,
      digest.rttSum,
      digest.rttCount,
      digest.lost,
      digest.received,
      body,
    );
    // A flush is not the end: only the last segment is counted as the call's.
    const mos = report.flushReason === undefined ? meanMos(digest) : null;
    if (Number(added.changes) === 0) {
      return { ok: true, added: false, mos: null };
    }
    this.#charge(leg, body.length);
    const feedback = feedbackOf(report);
    this.#describeLeg.run(
      leg.id,
      browserOf(userAgent),
      'offhook' in report ? '@offhook/client' : '@telnyx/webrtc',
      report.summary.sdkVersion?.slice(0, MAX_VERSION) ?? null,
      feedback === null ? null : JSON.stringify(feedback),
      feedback?.score ?? null,
    );
    this.#sumLeg.run(leg.id);
    this.#calls.refresh(leg.call);
    return { ok: true, added: true, mos };
  }

  #insertRecording(leg: LegRow, recording: CallRecording, { receivedAt }: Upload): UploadOutcome {
    const { codec, channels, sample_rate: sampleRate, packets } = recording;
    const rateFits =
      Number.isInteger(sampleRate) &&
      sampleRate >= SAMPLE_RATES.min &&
      sampleRate <= SAMPLE_RATES.max;
    if (codec !== 'pcm-f32-le' || channels !== 1 || !rateFits) {
      const message =
        'Recordings are pcm-f32-le with one channel and 8000 to 192000 samples a second';
      throw new BodyError('bad_body', message);
    }
    const samples = Buffer.concat(
      packets.map(({ payload_b64 }) => Buffer.from(payload_b64, 'base64')),
    );
    if (samples.length % 4 !== 0) {
      throw new BodyError('bad_body', 'A sample has four bytes');
    }
    const [first] = packets;
    if (first === undefined || samples.length === 0) {
      return { ok: true, added: false, mos: null };
    }
    const file = Buffer.concat([wavHeader('float32', sampleRate, samples.length), samples]);
    const added = this.#addRecording.run(
      leg.id,
      recording.recording_id,
      recording.track,
      whole(first.rtp_seq),
      whole(first.rtp_ts),
      samples.length / 4,
      sampleRate,
      timeOf(recording.started_at) ?? receivedAt,
      file.length,
    );
    if (Number(added.changes) === 0) {
      return { ok: true, added: false, mos: null };
    }
    this.#charge(leg, file.length);
    this.#writeFile(recordingFile(Number(added.lastInsertRowid)), file);
    return { ok: true, added: true, mos: null };
  }

  /** @throws {BodyError} when the leg or its session may not hold so much; what was written is rolled back then */
  #charge({ id, session }: LegRow, bytes: number): void {
    const full = this.#quota(id, session, bytes);
    if (full !== null) {
      const whose = full === 'leg_full' ? 'call' : 'session';
      throw new BodyError(full, `What this ${whose} may leave here is used up`);
    }
    if (!this.#fits()) {
      throw new NoRoom(bytes);
    }
  }

  /** Adds to what the leg holds; or says which quota that breaks, and adds nothing. */
  #quota(leg: string, session: string, bytes: number): 'leg_full' | 'session_full' | null {
    const ofLeg = Number(this.#grow.get(bytes, leg)?.['bytes']);
    const ofSession = Number(this.#ofSession.get(session)?.['bytes']);
    const full =
      ofLeg > this.#maxBytes * LEG_SHARE
        ? 'leg_full'
        : ofSession > this.#maxBytes * SESSION_SHARE
          ? 'session_full'
          : null;
    if (full !== null) {
      this.#grow.get(-bytes, leg);
    }
    return full;
  }

  /** Whole or not at all. Named by us: nothing that a client chose becomes part of a path. */
  #writeFile(name: string, content: Buffer): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const draft = join(this.#folder, `.${name}`);
    writeFileSync(draft, content, { mode: 0o600 });
    renameSync(draft, join(this.#folder, name));
  }
}

export function recordingFile(id: number): string {
  return `${String(id)}.wav`;
}

function whole(value: number): number {
  return Number.isSafeInteger(value) ? value : 0;
}
