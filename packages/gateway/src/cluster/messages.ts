/**
 * Messages between gateways. Each is delivered at most once, and those of one gateway to another in the order in which they were sent;
 * of what is lost nobody is told, but who asks hears that no answer came.
 */
export interface Messages {
  /** This gateway's name: another one each time that it starts. */
  readonly node: string;
  /** Messages can be sent now. */
  readonly works: boolean;
  /** Sends, or drops when it cannot. */
  tell(to: string, body: unknown): void;
  /** `settle` is called once, in the order of what else comes from there. */
  ask(to: string, body: unknown, settle: (reply: Reply) => void): void;
  /** Who serves them. Set once, before anything is sent. */
  serve(service: MessageService): void;
}

export type Reply =
  | { readonly ok: true; readonly body: unknown }
  /**
   * - `away`: messages cannot be sent now
   * - `gone`: there is no such gateway
   * - `timeout`: no answer came; it may have been done
   * - `failed`: it could not be read there, or something failed there
   * - `too_large`, `busy`: not sent
   */
  | { readonly ok: false; readonly why: NoReply };

export type NoReply = 'away' | 'gone' | 'timeout' | 'failed' | 'too_large' | 'busy';

export interface MessageService {
  told(from: string, body: unknown): void;
  /** @param reply is called once; what is sent after it comes after it */
  asked(from: string, body: unknown, reply: (body: unknown) => void): void;
  /** Messages can be sent again, or not any more. */
  works(works: boolean): void;
}

/** Bytes of one message; longer ones are not sent. */
export const MAX_MESSAGE = 524_288;
/** Questions of one gateway that wait for an answer. */
export const MAX_ASKED = 4096;
/** What waits for an answer waits no longer. */
export const ASK_MS = 1500;
