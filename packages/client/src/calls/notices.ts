import type { ClientMethod } from '@offhook/protocol';
import { Emitter } from '../emitter.ts';
import { createWarning, type ITelnyxWarning } from '../errors/catalogue.ts';
import type { SdkErrorCode, SdkWarningCode } from '../errors/codes.ts';
import { createError, type TelnyxError } from '../errors/telnyx-error.ts';
import type { INotification } from '../events.ts';
import type { Call } from './call.ts';
import type { CallEvents } from './call-events.ts';
import type { CallDeps } from './deps.ts';
import type { CallOptions } from './dialog.ts';

/** How a leg tells of itself: its events, notifications of the client, errors, warnings, the log. */
export class CallNotices {
  /** Of this leg. */
  readonly events: Emitter<CallEvents>;
  /** Of the call, whichever leg carries it: what `call.on()` listens to. */
  readonly shared: Emitter<CallEvents>;
  readonly #deps: CallDeps;
  readonly #options: CallOptions;
  readonly #call: () => Call;
  #failed = false;

  /** `call`: read when something is told. `shared`: that of the leg whose place this one takes. */
  constructor(
    deps: CallDeps,
    options: CallOptions,
    call: () => Call,
    shared: Emitter<CallEvents> | undefined,
  ) {
    const emitter = (): Emitter<CallEvents> =>
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

  emit<K extends keyof CallEvents>(event: K, ...args: CallEvents[K]): void {
    this.events.emit(event, ...args);
    this.shared.emit(event, ...args);
  }

  /** Somebody listens. */
  wanted(event: keyof CallEvents): boolean {
    return this.events.has(event) || this.shared.has(event);
  }

  /** Reaches the call's own listener if it has one, else the client's. */
  notify(type: string, fields: object = {}): void {
    const { onNotification, screenShare } = this.#options;
    if (screenShare) return;
    const call = this.#call();
    const notification = { type, call, ...fields } as INotification;
    if (!onNotification) {
      this.#deps.emit('telnyx.notification', notification);
      return;
    }
    try {
      (onNotification as (it: INotification) => void).call(call, notification);
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
