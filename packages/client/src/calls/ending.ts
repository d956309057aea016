import { merge, type SipHeader } from '../options.ts';
import { Timer } from '../timer.ts';
import type { CallEnd } from './call-events.ts';
import { wasAnswered } from './call-state.ts';
import { leftOutWarning } from '../errors/own-warnings.ts';
import { readEnd, readHeaders } from './given.ts';
import type { CallParts } from './parts.ts';
import { RequestError } from './ports.ts';

/** What `call.hangup()` takes. */
export interface IHangupParams {
  cause?: string | undefined;
  causeCode?: number | undefined;
  sipCode?: number | null | undefined;
  sipReason?: string | null | undefined;
  sip_call_id?: string | null | undefined;
  /** Added to the call's headers in the BYE. */
  customHeaders?: SipHeader[] | undefined;
  dialogParams?: { customHeaders?: SipHeader[] | undefined } | undefined;
  /** For the log. Default `app:call.hangup`. */
  initiator?: string | undefined;
  isRecovering?: boolean | undefined;
}

/** The call is over here and now; this long the gateway may take to confirm. */
const BYE_TIMEOUT_MS = 5_000;
const REMOTE_BYE = 'gateway:bye';

export interface EndingHooks {
  /** It is over: everything that runs for it is to be freed. */
  release(): void;
  /** The gateway confirmed, refused, or did neither for 5 s. */
  gone(): void;
}

/** How one leg ends: once, here at once, and on the far side. */
export class Ending {
  readonly #parts: CallParts;
  readonly #hooks: EndingHooks;
  #end: CallEnd | null = null;
  #settled: Promise<void> | null = null;

  constructor(parts: CallParts, hooks: EndingHooks) {
    this.#parts = parts;
    this.#hooks = hooks;
  }

  /** Null before the end. */
  get end(): CallEnd | null {
    return this.#end;
  }

  /**
   * Ends the leg: `hangup` at once, `destroy` when the gateway confirmed, refused, or did neither for 5 s. `tells` false ends it here
   * only. A second call changes nothing and settles with the first. Never rejects.
   */
  hangup(given: IHangupParams | null | undefined, tells: boolean): Promise<void> {
    const { life, notices, options, deps, dialog, id } = this.#parts;
    if (this.#settled || life.phase === 'replaced') {
      return this.#settled ?? Promise.resolve();
    }
    const params = typeof given === 'object' && given !== null ? given : {};
    const leftOut: string[] = [];
    const note = (what: string): void => void leftOut.push(what);
    const { cause, causeCode, ...sip } = readEnd(params as Readonly<Record<string, unknown>>, note);
    const [usual, usualCode] = this.#usualCause(tells);
    const { initiator = 'app:call.hangup' } = params;
    const end: CallEnd = {
      cause: cause ?? usual,
      causeCode: causeCode ?? usualCode,
      ...sip,
      side: initiator === REMOTE_BYE ? 'remote' : 'local',
    };
    this.#end = end;
    const headers = [
      ...readHeaders(options.customHeaders, () => undefined),
      ...readHeaders(params.dialogParams?.customHeaders ?? params.customHeaders, note),
    ];
    // Applications read those of the far side there. Ours are the BYE's only: another call may be placed with these options.
    if (end.side === 'remote') {
      options.customHeaders = headers;
    }
    if (leftOut.length) {
      notices.warn(leftOutWarning(leftOut));
    }
    deps.logger.info(`Call ${id}: ends, ${end.cause} (${end.causeCode}), by ${initiator}`);
    let settle: () => void = () => undefined;
    this.#settled = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const destroy = (): void => {
      life.take('destroy');
      this.#hooks.gone();
      settle();
    };
    // The BYE reads the ids of the call, so it is made before anything is let go; whoever listens to `hangup` finds it sent.
    const bye = tells && dialog.known ? this.#sendBye(end, headers) : null;
    life.take('end');
    this.#hooks.release();
    notices.emit('ended', end);
    if (bye) {
      void bye.then(destroy);
    } else {
      destroy();
    }
    return this.#settled;
  }

  /** Resolves when the gateway answered or had its time; never rejects. */
  async #sendBye(
    { cause, causeCode, sipCode, sipCallId }: CallEnd,
    headers: readonly SipHeader[],
  ): Promise<void> {
    const { deps, dialog, notices } = this.#parts;
    const sending = dialog.request(
      'bye',
      { sipCode, sip_call_id: sipCallId, cause, causeCode },
      { timeoutMs: BYE_TIMEOUT_MS },
      { custom_headers: headers },
    );
    const settled = sending.then(
      () => undefined,
      (error: unknown) => {
        if (error instanceof RequestError && error.code === 'rejected') {
          notices.fail(44003, error);
        } else {
          notices.log('The gateway did not confirm the end', error);
        }
      },
    );
    // Else it waits for the next connection; the call does not.
    if (!deps.signaling.ready) {
      return;
    }
    const timer = new Timer(deps.platform);
    await Promise.race([
      settled,
      new Promise<void>((resolve) => timer.start(BYE_TIMEOUT_MS, resolve)),
    ]);
    timer.stop();
  }

  #usualCause(tells: boolean): [cause: string, code: number] {
    const { life, direction, deps } = this.#parts;
    if (wasAnswered(life.phase)) {
      return ['NORMAL_CLEARING', 16];
    }
    // The reference says busy when its own user cancels. A gateway of ours is told the truth; others may count on the 17
    // to stop ringing elsewhere (wire spec 22.10).
    return direction === 'outbound' && tells && deps.signaling.features.v > 0
      ? ['ORIGINATOR_CANCEL', 487]
      : ['USER_BUSY', 17];
  }
}

/** The params of a hangup that a gateway's bye asks for. */
export const fromBye = (bye: {
  readonly cause?: string | undefined;
  readonly causeCode?: number | undefined;
  readonly sipCode?: number | undefined;
  readonly sipReason?: string | undefined;
  readonly sip_call_id?: string | undefined;
}): IHangupParams => merge<IHangupParams>({ initiator: REMOTE_BYE }, bye);
