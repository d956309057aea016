import type { Identity } from '../auth/authenticator.ts';
import type { CallKeeper, CallRecord } from '../calls/call-record.ts';
import type { Party } from '../calls/leg.ts';
import type { Session } from './session.ts';

/** What of a gateway is needed to go on with calls of another one. */
export interface KeptCallsHost {
  readonly sessions: {
    expect(key: string, identity: Identity, isExtended: boolean): Session;
    isOwn(session: Session): boolean;
  };
  takeUp(record: CallRecord, caller: Party, partner: Party): void;
  letGo(id: string): void;
}

/** Calls are kept where other gateways find them, and those of dead gateways go on here. */
export interface KeptCalls extends CallKeeper {
  /** Before anything else. */
  begin(host: KeptCallsHost): void;
  /** Settles when the calls of this session go on here, as far as their gateway is gone. Never rejects. */
  bring(sessid: string): Promise<void>;
  /** Settles when what ended is written, or soon. */
  close(): Promise<void>;
}
