import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { AddressResolver } from '../http/addresses.ts';
import type { OriginPolicy } from '../http/origins.ts';
import { addressKey } from '../limits/address-key.ts';
import { KeyedBuckets } from '../limits/keyed-buckets.ts';
import type { Clock } from '../clock.ts';
import type { ReportKeyClaims, ReportKeys } from './keys.ts';
import { ENCODINGS, ReportStoreError } from './store.ts';
import type { Encoding, ReportStore, Upload, UploadOutcome, UploadRefusal } from './store.ts';
import { UploadsUnderWay } from './under-way.ts';

export interface IntakeDeps {
  readonly store: Pick<ReportStore, 'addReport' | 'addRecording'>;
  readonly keys: ReportKeys;
  /** Bytes of bodies that one user, and one address, may send in an hour. */
  readonly bytesPerUser: number;
  readonly bytesPerAddress: number;
  /** Whether recordings are taken. */
  readonly recordings: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Counts a request by how it went: `stored`, `known`, or the name of its error. */
  readonly onUpload: (kind: UploadKind, outcome: string, mos: number | null) => void;
}

export interface IntakeSurroundings {
  readonly origins: OriginPolicy;
  readonly addresses: AddressResolver;
}

export type UploadKind = 'report' | 'recording';

const ROUTES: readonly {
  readonly path: string;
  readonly kind: UploadKind;
  readonly bytes: number;
}[] = [
  { path: '/call_report', kind: 'report', bytes: 2 * 1024 * 1024 },
  { path: '/call_recording', kind: 'recording', bytes: 16 * 1024 * 1024 },
];

/** Of one session: sixteen calls that end at once, each with its report and two tracks. */
const PER_KEY = { perSecond: 5, burst: 64 } as const;
/** Of one address: an office behind one, where a hundred calls end at once. */
const PER_ADDRESS = { perSecond: 50, burst: 500 } as const;
const HOUR_SECONDS = 3600;
const RETRY_SECONDS = 2;
const PAUSED_SECONDS = 60;
const MAX_CALL_ID = 256;

const ALLOWED_HEADERS = 'content-type,content-encoding,x-call-id,x-call-report-id,x-voice-sdk-id';
/** Chromium keeps a preflight no longer than two hours. */
const PREFLIGHT_SECONDS = '7200';

const STATUS: Readonly<Record<UploadRefusal, number>> = {
  call_unknown: 404,
  expired: 403,
  too_large: 413,
  leg_full: 413,
  session_full: 413,
  store_full: 413,
  bad_encoding: 400,
  bad_body: 400,
  call_mismatch: 400,
};

/** What a request that was admitted holds until it is answered or gone. */
interface Reservation {
  readonly claims: ReportKeyClaims;
  /** Bytes that its user and address are charged for so far. */
  readonly bytes: number;
  readonly leave: () => void;
  /** Bytes that its connection had brought before. */
  readonly readBefore: number;
  /** The body is here. */
  isWhole: boolean;
  isSettled: boolean;
}

interface Refusal {
  readonly status: number;
  readonly error: string;
  readonly message: string;
  readonly retryAfter?: number;
}

/**
 * `POST /call_report` and `/call_recording` (wire spec 15 and 16). Nothing of a body is read before its key is known to be
 * ours, and nothing of it is looked into on this thread.
 */
export async function registerReportIntake(
  app: FastifyInstance,
  deps: IntakeDeps,
  surroundings: IntakeSurroundings,
): Promise<void> {
  await app.register((scope, _options, done) => {
    const intake = new Intake(deps, surroundings);
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer' },
      (_request, body, next) => {
        next(null, body);
      },
    );
    scope.setErrorHandler((error: FastifyError, request, reply) =>
      intake.failed(error, request, reply),
    );
    for (const { path, kind, bytes } of ROUTES) {
      scope.options(path, (request, reply) => intake.preflight(request, reply));
      scope.post<{ Body: Uint8Array | undefined }>(path, {
        bodyLimit: bytes,
        onRequest: (request, reply, next) => {
          intake.admit(kind, request, reply, next);
        },
        onResponse: (request, _reply, next) => {
          intake.left(request);
          next();
        },
        handler: (request, reply) => intake.take(kind, request, reply),
      });
    }
    done();
  });
}

class Intake {
  readonly #deps: IntakeDeps;
  readonly #origins: OriginPolicy;
  readonly #addresses: AddressResolver;
  readonly #perKey: KeyedBuckets;
  readonly #perAddress: KeyedBuckets;
  readonly #userBytes: KeyedBuckets;
  readonly #addressBytes: KeyedBuckets;
  readonly #underWay = new UploadsUnderWay();
  readonly #reservations = new WeakMap<FastifyRequest, Reservation>();

  constructor(deps: IntakeDeps, { origins, addresses }: IntakeSurroundings) {
    this.#deps = deps;
    this.#origins = origins;
    this.#addresses = addresses;
    const now = (): number => deps.clock.monotonic();
    this.#perKey = new KeyedBuckets(PER_KEY.perSecond, PER_KEY.burst, now);
    this.#perAddress = new KeyedBuckets(PER_ADDRESS.perSecond, PER_ADDRESS.burst, now);
    const hourly = (bytes: number): KeyedBuckets =>
      new KeyedBuckets(bytes / HOUR_SECONDS, bytes, now);
    this.#userBytes = hourly(deps.bytesPerUser);
    this.#addressBytes = hourly(deps.bytesPerAddress);
  }

  preflight(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const refusal = this.#checkOrigin(request, reply);
    if (refusal) {
      return send(reply, refusal);
    }
    return reply
      .code(204)
      .header('access-control-allow-methods', 'POST')
      .header('access-control-allow-headers', ALLOWED_HEADERS)
      .header('access-control-max-age', PREFLIGHT_SECONDS)
      .send();
  }

  /** Before the body is read. */
  admit(kind: UploadKind, request: FastifyRequest, reply: FastifyReply, next: () => void): void {
    const claims = this.#check(kind, request, reply);
    if ('error' in claims) {
      this.#deps.onUpload(kind, claims.error, null);
      // The rest of the body is not waited for.
      send(reply.header('connection', 'close'), claims);
      return;
    }
    const refusal = this.#reserve(kind, claims, request);
    if (refusal) {
      this.#deps.onUpload(kind, refusal.error, null);
      send(reply.header('connection', 'close'), refusal);
      return;
    }
    reply.raw.once('close', () => {
      this.left(request);
    });
    next();
  }

  /** The request is answered, or its client went away. */
  left(request: FastifyRequest): void {
    const reservation = this.#reservations.get(request);
    // A body that is being stored still lies in memory.
    if (!reservation || reservation.isWhole) {
      return;
    }
    this.#settle(reservation, request, bytesRead(request) - reservation.readBefore);
  }

  /** Takes the bytes that the body may have before any of it is read; what it turns out not to have is given back. */
  #reserve(kind: UploadKind, claims: ReportKeyClaims, request: FastifyRequest): Refusal | null {
    const bytes = this.#mostOf(kind, request);
    const overdrawn = this.#overdrawn(claims, request, bytes);
    if (overdrawn) {
      return overdrawn;
    }
    const leave = this.#underWay.enter(claims.session, bytes);
    if (leave === 'session_busy') {
      return SESSION_BUSY;
    }
    if (leave === 'uploads_full') {
      return UPLOADS_FULL;
    }
    this.#charge(claims, request, bytes);
    const readBefore = bytesRead(request);
    const reservation = { claims, bytes, leave, readBefore, isWhole: false, isSettled: false };
    this.#reservations.set(request, reservation);
    return null;
  }

  #mostOf(kind: UploadKind, request: FastifyRequest): number {
    const limit = ROUTES.find((route) => route.kind === kind)?.bytes ?? 0;
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
    if (length !== undefined) {
      // One that is too long is refused for good, as such, before any of it is read.
      return Number(length) <= limit ? Number(length) : 0;
    }
    return encoding === undefined
      ? 0
      : Math.min(limit, this.#deps.bytesPerUser, this.#deps.bytesPerAddress);
  }

  /** @param bytes what came */
  #settle(reservation: Reservation, request: FastifyRequest, bytes: number): void {
    if (reservation.isSettled) {
      return;
    }
    reservation.isSettled = true;
    reservation.leave();
    const unused = reservation.bytes - bytes;
    if (unused <= 0) {
      return;
    }
    this.#userBytes.give(reservation.claims.user, Math.min(unused, reservation.bytes));
    this.#addressBytes.give(this.#addressOf(request), Math.min(unused, reservation.bytes));
  }

  async take(
    kind: UploadKind,
    request: FastifyRequest<{ Body: Uint8Array | undefined }>,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const reservation = this.#reservations.get(request);
    if (!reservation) {
      throw new Error('A request without a key got through');
    }
    reservation.isWhole = true;
    try {
      return await this.#take(kind, reservation, request, reply);
    } finally {
      this.#settle(reservation, request, request.body?.byteLength ?? 0);
    }
  }

  async #take(
    kind: UploadKind,
    { claims, bytes }: Reservation,
    request: FastifyRequest<{ Body: Uint8Array | undefined }>,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const overdrawn = this.#takeMore(claims, request, (request.body?.byteLength ?? 0) - bytes);
    if (overdrawn !== null) {
      this.#deps.onUpload(kind, overdrawn.error, null);
      return send(reply, overdrawn);
    }
    const outcome = await this.#store(kind, {
      session: claims.session,
      callId: headerOf(request, 'x-call-id'),
      receivedAt: this.#deps.clock.now(),
      encoding: encodingOf(request) ?? 'identity',
      body: request.body ?? new Uint8Array(),
      userAgent: headerOf(request, 'user-agent').slice(0, 512),
    });
    if ('error' in outcome) {
      this.#deps.onUpload(kind, outcome.error, null);
      return send(reply, outcome);
    }
    if (!outcome.ok) {
      const { reason: error, message } = outcome;
      this.#deps.onUpload(kind, error, null);
      return send(reply, { status: STATUS[error], error, message });
    }
    this.#deps.onUpload(kind, outcome.added ? 'stored' : 'known', outcome.mos);
    return reply.code(204).send();
  }

  /** What Fastify itself refuses: a body that is too large, or of another type. */
  failed(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const status = error.statusCode ?? 500;
    if (status >= 500) {
      this.#deps.onUpload(kindOf(request.url), 'internal', null);
      this.#deps.logger.error({ requestId: request.id, error }, 'An upload failed');
      return send(reply, { status: 500, error: 'internal', message: 'Something went wrong here' });
    }
    const names: Readonly<Record<number, string>> = { 413: 'too_large', 415: 'bad_type' };
    return send(reply, { status, error: names[status] ?? 'bad_request', message: error.message });
  }

  #check(
    kind: UploadKind,
    request: FastifyRequest,
    reply: FastifyReply,
  ): ReportKeyClaims | Refusal {
    const origin = this.#checkOrigin(request, reply);
    if (origin) {
      return origin;
    }
    if (!this.#perAddress.take(this.#addressOf(request))) {
      return TOO_MANY;
    }
    const key = headerOf(request, 'x-call-report-id');
    if (key === '') {
      const message = 'Uploads need the call_report_id of the session in x-call-report-id';
      return { status: 401, error: 'key_missing', message };
    }
    const claims = this.#deps.keys.verify(key);
    if (claims === null) {
      const message = 'x-call-report-id is no key of this gateway';
      return { status: 403, error: 'key_invalid', message };
    }
    const callId = headerOf(request, 'x-call-id');
    if (callId === '' || callId.length > MAX_CALL_ID) {
      return {
        status: 400,
        error: 'call_missing',
        message: 'Uploads name their call in x-call-id',
      };
    }
    if (kind === 'recording' && !this.#deps.recordings) {
      const message = 'This gateway takes no recordings; its operator can set reports.recordings';
      return { status: 403, error: 'recordings_off', message };
    }
    if (encodingOf(request) === null) {
      const message = `Bodies may be packed with ${ENCODINGS.slice(1).join(', ')}`;
      return { status: 415, error: 'bad_encoding', message };
    }
    if (!this.#perKey.take(claims.session)) {
      return TOO_MANY;
    }
    return claims;
  }

  /** A body in chunks may be longer than what could be reserved for it. */
  #takeMore(claims: ReportKeyClaims, request: FastifyRequest, bytes: number): Refusal | null {
    if (bytes <= 0) {
      return null;
    }
    const overdrawn = this.#overdrawn(claims, request, bytes);
    if (overdrawn === null) {
      this.#charge(claims, request, bytes);
    }
    return overdrawn;
  }

  #charge(claims: ReportKeyClaims, request: FastifyRequest, bytes: number): void {
    this.#userBytes.take(claims.user, bytes);
    this.#addressBytes.take(this.#addressOf(request), bytes);
  }

  #overdrawn({ user }: ReportKeyClaims, request: FastifyRequest, bytes: number): Refusal | null {
    const ofUser = this.#userBytes.wait(user, bytes);
    if (ofUser > 0) {
      return tooMuch('user_bytes', 'this user', ofUser);
    }
    const ofAddress = this.#addressBytes.wait(this.#addressOf(request), bytes);
    return ofAddress > 0 ? tooMuch('address_bytes', 'this address', ofAddress) : null;
  }

  #addressOf(request: FastifyRequest): string {
    return addressKey(this.#addresses.address(request.raw));
  }

  /** Also for a refusal: without these headers a page sees no more than that its request failed. */
  #checkOrigin(request: FastifyRequest, reply: FastifyReply): Refusal | null {
    const { origin, host } = request.headers;
    reply.header('vary', 'origin').header('cache-control', 'no-store');
    const verdict = this.#origins.check(origin, host);
    if (!verdict.ok) {
      return { status: 403, error: verdict.reason, message: verdict.message };
    }
    if (origin !== undefined) {
      reply.header('access-control-allow-origin', origin);
    }
    return null;
  }

  async #store(kind: UploadKind, upload: Upload): Promise<UploadOutcome | Refusal> {
    const { store, logger } = this.#deps;
    try {
      return await (kind === 'report' ? store.addReport(upload) : store.addRecording(upload));
    } catch (error) {
      if (!(error instanceof ReportStoreError)) {
        throw error;
      }
      if (error.code === 'paused') {
        const message = 'Reports are not kept at the moment; try again later';
        return { status: 503, error: 'store_paused', message, retryAfter: PAUSED_SECONDS };
      }
      logger.warn({ error }, 'An upload could not be stored');
      const message = 'Reports cannot be stored at the moment; try again';
      return { status: 503, error: 'busy', message, retryAfter: RETRY_SECONDS };
    }
  }
}

const TOO_MANY: Refusal = {
  status: 429,
  error: 'too_many',
  message: 'Too many uploads; try again in a moment',
  retryAfter: RETRY_SECONDS,
};

const SESSION_BUSY: Refusal = {
  status: 429,
  error: 'session_busy',
  message: 'Too many uploads of this session at once; try again in a moment',
  retryAfter: RETRY_SECONDS,
};

const UPLOADS_FULL: Refusal = {
  status: 503,
  error: 'uploads_full',
  message: 'Too many uploads at once; try again in a moment',
  retryAfter: RETRY_SECONDS,
};

function bytesRead(request: FastifyRequest): number {
  // A request that is made within the process has no bytes on a connection.
  return (request.raw.socket as { bytesRead?: number }).bytesRead ?? 0;
}

function tooMuch(error: string, whose: string, waitMs: number): Refusal {
  return {
    status: 429,
    error,
    message: `Too many bytes from ${whose} in an hour; try again later`,
    retryAfter: Math.min(HOUR_SECONDS, Math.ceil(waitMs / 1000)),
  };
}

function send(reply: FastifyReply, { status, error, message, retryAfter }: Refusal): FastifyReply {
  if (retryAfter !== undefined) {
    reply.header('retry-after', String(retryAfter));
  }
  return reply.code(status).send({ error, message });
}

function headerOf(request: FastifyRequest, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}

function kindOf(url: string): UploadKind {
  return url.startsWith('/call_recording') ? 'recording' : 'report';
}

/** Null for one that we do not unpack. */
function encodingOf(request: FastifyRequest): Encoding | null {
  const name = headerOf(request, 'content-encoding').trim().toLowerCase();
  if (name === '') {
    return 'identity';
  }
  return ENCODINGS.find((known) => known === name) ?? null;
}
