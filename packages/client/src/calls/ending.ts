import { merge, type SipHeader } from '../options.ts';
import { Timer } from '../timer.ts';
import { wasAnswered } from './call-state.ts';
import type { CallCore } from './core.ts';
import { dialogParams } from './dialog.ts';
import { leftOutWarning, readEnd, readHeaders } from './given.ts';
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

/**
 * Ends the call: `hangup` at once, `destroy` when the gateway confirmed, refused, or did neither for 5 s. `execute: false` ends it
 * here only. A second call changes nothing and settles with the first. Never rejects.
 */
export function hangup(
  core: CallCore,
  given?: IHangupParams | null,
  execute?: boolean | null,
): Promise<void> {
  const tells = execute !== false;
  const params = typeof given === 'object' && given !== null ? given : {};
  if (core.ending || core.phase === 'replaced') {
    return core.ending ?? Promise.resolve();
  }
  const { call, options } = core;
  const [cause, causeCode] = defaultCause(core, tells);
  const leftOut: string[] = [];
  const note = (what: string): void => void leftOut.push(what);
  const end = readEnd(params as Readonly<Record<string, unknown>>, note);
  call.cause = end.cause ?? cause;
  call.causeCode = end.causeCode ?? causeCode;
  const { sipCode, sipReason, sipCallId } = end;
  Object.assign(call, { sipCode, sipReason, sipCallId });
  const headers = params.dialogParams?.customHeaders ?? params.customHeaders;
  options.customHeaders = [
    ...readHeaders(options.customHeaders, () => undefined),
    ...readHeaders(headers, note),
  ];
  if (leftOut.length) core.warn(leftOutWarning(leftOut));
  core.deps.logger.info(
    `Call ${core.id}: ends, ${call.cause} (${call.causeCode}), by ${params.initiator ?? 'app:call.hangup'}`,
  );
  core.end = {
    cause: call.cause,
    causeCode: call.causeCode,
    sipCode: call.sipCode,
    sipReason: call.sipReason,
    sipCallId: call.sipCallId,
    side: params.initiator === REMOTE_BYE ? 'remote' : 'local',
  };
  let settle: () => void = () => undefined;
  core.ending = new Promise<void>((resolve) => {
    settle = resolve;
  });
  const destroy = (): void => {
    core.transition('destroy');
    core.host.remove(core);
    settle();
  };
  // The BYE reads the ids of the call, so it is made before anything is let go; whoever listens to `hangup` finds it sent.
  const bye = tells && core.known ? sendBye(core) : null;
  core.transition('end');
  core.release();
  core.events.emit('ended', core.end);
  if (bye) {
    void bye.then(destroy);
  } else {
    destroy();
  }
  return core.ending;
}

export const REMOTE_BYE = 'gateway:bye';

/** Resolves when the gateway answered or had its time; never rejects. */
async function sendBye(core: CallCore): Promise<void> {
  const { call, deps } = core;
  const { signaling } = deps;
  const params = {
    sipCode: call.sipCode,
    sip_call_id: call.sipCallId,
    ...core.scope(),
    dialogParams: dialogParams(core.options),
    cause: call.cause,
    causeCode: call.causeCode,
  };
  const sending = signaling.request('bye', params, { timeoutMs: BYE_TIMEOUT_MS });
  const settled = sending.then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof RequestError && error.code === 'rejected') {
        core.fail(44003, error);
      } else {
        core.log('The gateway did not confirm the end', error);
      }
    },
  );
  if (!signaling.ready) {
    // It waits for the next connection; the call does not.
    return;
  }
  const timer = new Timer(deps.platform);
  await Promise.race([
    settled,
    new Promise<void>((resolve) => timer.start(BYE_TIMEOUT_MS, resolve)),
  ]);
  timer.stop();
}

function defaultCause(core: CallCore, execute: boolean): [cause: string, code: number] {
  if (wasAnswered(core.phase)) {
    return ['NORMAL_CLEARING', 16];
  }
  // The reference says busy when its own user cancels. A gateway of ours is told the truth; others may count on the 17
  // to stop ringing elsewhere (wire spec 22.10).
  return core.direction === 'outbound' && execute && core.deps.signaling.features.v > 0
    ? ['ORIGINATOR_CANCEL', 487]
    : ['USER_BUSY', 17];
}

/** The params of a hangup that a gateway's bye asks for. */
export const fromBye = (bye: {
  readonly cause?: string | undefined;
  readonly causeCode?: number | undefined;
  readonly sipCode?: number | undefined;
  readonly sipReason?: string | undefined;
  readonly sip_call_id?: string | undefined;
}): IHangupParams => merge<IHangupParams>({ initiator: REMOTE_BYE }, bye);
