import type { AiClientMessage, AiEventBody, AiSessionUpdateResult, Cause } from '@offhook/protocol';
import type { LegSource, Speech, VoiceEvent } from '../media/media-plane.ts';
import type { Clock } from '../clock.ts';

export type ServiceName = 'echo' | 'tone' | 'dtmf';

/** For what a socket, a program or a promise tells a service: what throws inside ends the call, and nothing else. */
export interface ServiceGuard {
  run(work: () => void): void;
  /** The same for work that settles, which nobody waits for. */
  settle(work: () => Promise<void>): void;
}

/** What a service may do to the one leg that it talks to. */
export interface ServiceLine {
  /** Never rejects: a media failure ends the call by its own way. */
  play(source: LegSource): void;
  /** Says more, where a voice is played; a piece that the plane does not take is lost. */
  speak(speech: Omit<Speech, 'call' | 'leg'>): void;
  /** Cuts off what is being said. */
  hush(): void;
  /** Tells the party a digit, as the far party of a call would. */
  sendDigits(digits: string): void;
  /** Tells the party's page of its conversation with an assistant. */
  tell(event: AiEventBody): void;
  /**
   * Hands the party over, with the rights of `user`. Resolves with null when that is done: then the service is disposed. Else with why
   * not, and the service has the party back.
   */
  transfer(user: string, destination: string): Promise<Cause | null>;
  /** Ends the call. */
  end(cause: Cause): void;
  readonly clock: Clock;
  readonly guard: ServiceGuard;
}

/** The far end of a call that is no person. */
export interface Service {
  /** After its leg is answered, and again when another leg took that one's place. */
  start(): void;
  /** Digits from the party, by `info` or by RFC 4733; already validated. */
  onDigits(digits: string): void;
  /** From a leg that plays a voice. */
  onVoice?(event: VoiceEvent): void;
  /** The party has a socket again, and may have missed what was told meanwhile. */
  onBack?(): void;
  /** A message of the party's page to an assistant. */
  onMessage?(message: AiClientMessage): MessageOutcome;
  dispose(): void;
}

export type MessageOutcome =
  | { readonly ok: true; readonly tools?: AiSessionUpdateResult['tools'] }
  | { readonly ok: false; readonly code: 'bad_item' | 'unsupported'; readonly message: string };

/** A service, and what the caller is shown of it. */
export interface ServiceOffer {
  readonly name: string;
  create(line: ServiceLine): Service;
  /** The call ended before there was anything to serve. */
  withdrawn?(): void;
}
