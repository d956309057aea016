import type { AiEventBody } from '@offhook/protocol';
import type { CustomHeader } from './dialog.ts';
import type { Ending } from './hangup.ts';

type Headers = readonly CustomHeader[] | undefined;

/** Why a party hears silence: the far one holds the call, or cannot be reached and is waited for. Both may be. */
export interface FarSilence {
  readonly held: boolean;
  readonly away: boolean;
}

/**
 * What happens to a call, as a party is told of it. Which frames or messages that makes is the party's own matter. The leg holds the
 * rest: our description, who it talks to, its ids.
 */
export type Notice =
  /** Somebody calls; the leg's description is our offer. `headers`: the caller's. */
  | { readonly kind: 'invited'; readonly headers: Headers }
  /**
   * A fresh offer for a call that stands, to a party that came back without its peer. `handover`: to one that lost nothing, whose
   * call goes on elsewhere.
   */
  | {
      readonly kind: 'reattached';
      readonly talkedSeconds: number | null;
      readonly handover: boolean;
    }
  /** The far end rings. */
  | { readonly kind: 'rings' }
  /** The far end, or we in its place, can be heard before the answer. At most once a call. */
  | { readonly kind: 'early_media' }
  /** The far end answered. `headers`: its own. */
  | { readonly kind: 'answered'; readonly headers: Headers }
  /** `passed`: they are in the audio too, where the party takes them so (RFC 4733). */
  | { readonly kind: 'digits'; readonly digits: string; readonly passed: boolean }
  | { readonly kind: 'silence'; readonly before: FarSilence; readonly now: FarSilence }
  /** Somebody else is at the far end now: the leg says who. */
  | { readonly kind: 'display' }
  /** A transfer that the party asked for came to nothing; the call is as it was. */
  | { readonly kind: 'transfer_failed'; readonly transfer: string; readonly ending: Ending }
  /** A message of the assistant that the party talks to. */
  | { readonly kind: 'conversation'; readonly event: AiEventBody }
  /** The leg is over. `told`: by the party's own word, so that it need not be told. */
  | { readonly kind: 'ended'; readonly ending: Ending; readonly told: boolean };
