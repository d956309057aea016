import type { Outcome } from '../outcome.ts';
import type { ClientMethod, ClientParams, ClientResults } from '@offhook/protocol';
import type { SignalingCore } from '../core.ts';
import type { Session } from '../session.ts';

export interface MethodContext {
  readonly core: SignalingCore;
  readonly session: Session;
}

/** Serves one method of a signed-in client. */
export type Method<M extends ClientMethod> = (
  params: ClientParams[M],
  context: MethodContext,
) => Outcome<Partial<ClientResults[M]>> | Promise<Outcome<Partial<ClientResults[M]>>>;
