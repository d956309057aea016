import type { AiEventBody, Cause } from '@offhook/protocol';
import type { ServiceOffer } from '../services/service.ts';

/** Which assistant a call goes to. A guest has one for life. */
export interface AssistantTarget {
  readonly assistant: string;
  readonly version?: string;
  /** The conversation to join. */
  readonly conversation?: string;
}

/** Who calls an assistant. */
export interface AssistantCaller {
  /** `telnyx_session_id` */
  readonly call: string;
  readonly user: string;
  /** Nobody signed in. */
  readonly isGuest: boolean;
  readonly address: string;
}

export type Admission =
  | { readonly ok: true; readonly offer: ServiceOffer }
  | {
      readonly ok: false;
      readonly event: Extract<AiEventBody, { type: 'error' }>;
      readonly cause: Cause;
    };

/** What the calls floor needs of the assistants of this gateway. */
export interface Assistants {
  /** The assistant that signed-in users reach by this name; null when there is none. */
  dialled(name: string): AssistantTarget | null;
  admit(target: AssistantTarget, caller: AssistantCaller): Admission;
}
