import type { ClientMethod } from '@offhook/protocol';
import { Emitter } from '../emitter.ts';
import { createWarning, type ITelnyxWarning } from '../errors/catalogue.ts';
import type { SdkErrorCode, SdkWarningCode } from '../errors/codes.ts';
import { createError, type TelnyxError } from '../errors/telnyx-error.ts';
import type { CallObject, LegEvents } from './call-events.ts';
import type { CallDeps } from './deps.ts';
import type { CallOptions } from './dialog.ts';

/** How a leg tells of itself: its events, notifications of the client, errors, warnings, the log. */
export class CallNotices {
  /** Of this leg. */
  readonly events: Emitter<LegEvents>;
  /** Of the call, whichever leg carries it: what `call.on()` listens to. */
  readonly shared: Emitter<LegEvents>;
  readonly #deps: CallDeps;
  readonly #options: CallOptions;
  readonly #call: () => CallObject;
  #failed = false;

  /** `call`: read when something is told. `shared`: that of the leg whose place this one takes. */
  constructor(
    deps: CallDeps,
    options: CallOptions,
    call: () => CallObject,
    shared: Emitter<LegEvents> | undefined,
  ) {
    const emitter = (): Emitter<LegEvents> =>
      new Emitter((error) => deps.logger.error('A call listener failed', error));
    this.#deps = deps;
    this.#options = options;
    this.#call = call;
    this.events = emitter();
    this.shared = shared ?? emitter();
  }

  /** An error was told that the call does not survive: what fails after it is its consequence. */
  get failed(): boolean {
    return this.#failed;
  }

  emit<K extends keyof LegEvents>(event: K, ...args: LegEvents[K]): void {
    this.events.emit(event, ...args);
    this.shared.emit(event, ...args);
  }

  /** Somebody listens. */
  wanted(event: keyof LegEvents): boolean {
    return this.events.has(event) || this.shared.has(event);
  }

  /** Reaches the call's own listener if it has one, else the client's. */
  notify(type: string, fields: object = {}): void {
    const { onNotification, screenShare } = this.#options;
    if (screenShare) {
      return;
    }
    const call = this.#call();
    const notification = { type, call, ...fields };
    if (!onNotification) {
      this.#deps.emit('telnyx.notification', notification);
      return;
    }
    try {
      (onNotification as (it: object) => void).call(call, notification);
    } catch (error) {
      this.#deps.logger.error('onNotification failed', error);
    }
  }

  warn(warning: SdkWarningCode | ITelnyxWarning, extras: Record<string, unknown> = {}): void {
    const full = typeof warning === 'number' ? createWarning(warning) : warning;
    this.#deps.warn(full, { callId: this.#options.id, ...extras });
    this.emit('warning', full, extras);
  }

  fail(
    code: SdkErrorCode,
    cause?: unknown,
    overrides?: { message?: string; fatal?: boolean },
    extras: Record<string, unknown> = {},
  ): TelnyxError {
    const error = createError(code, cause, overrides);
    this.#failed ||= error.fatal;
    this.#deps.error(error, { callId: this.#options.id, ...extras });
    this.emit('error', error);
    return error;
  }

  log(message: string, error?: unknown): void {
    this.#deps.logger.debug(`Call ${this.#options.id}: ${message}`, error);
  }

  /** A request whose failure changes nothing of the call: it is reported and nothing more. */
  report(method: ClientMethod, sending: Promise<unknown>): void {
    sending.catch((error: unknown) =>
      this.fail(49001, error, { message: `${method} was not delivered`, fatal: false }),
    );
  }
}
