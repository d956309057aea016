import { AI_ERRORS, type Cause } from '@offhook/protocol';
import type { Logger } from 'pino';
import type { LoginFailure } from '../auth/authenticator.ts';
import type { Admission, AssistantCaller, AssistantTarget } from '../calls/assistants.ts';
import type { Clock } from '../clock.ts';
import type { GuestRequest, SignalingAssistants } from '../signaling/ports.ts';
import { AdmissionDesk } from './admission.ts';
import { AssistantCall } from './assistant-call.ts';
import type { Catalogue, Found } from './catalogue.ts';
import type { ConversationRecord } from './conversation.ts';
import { Conversations } from './conversations.ts';
import type { Engine, EngineSetup } from './engine.ts';

export interface AssistantsDeps {
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Makes the engine of one call. */
  readonly createEngine: (found: Found, setup: EngineSetup) => Engine;
  /** Keeps what was said and how long the caller waited. */
  readonly save: (record: ConversationRecord) => void;
}

const LOGIN_ERROR = -32001;

/** The assistants of this gateway: who may call them, and what a call with one is made of. */
export class Assistants implements SignalingAssistants {
  readonly #deps: AssistantsDeps;
  readonly #desk: AdmissionDesk;
  readonly #conversations: Conversations;

  constructor(deps: AssistantsDeps) {
    this.#deps = deps;
    this.#desk = new AdmissionDesk(deps.clock);
    this.#conversations = new Conversations({
      monotonic: () => deps.clock.monotonic(),
      save: deps.save,
    });
  }

  get catalogue(): Catalogue {
    return this.#deps.catalogue;
  }

  get any(): boolean {
    return this.#deps.catalogue.size > 0;
  }

  guest(
    request: GuestRequest,
    from: { readonly address: string; readonly origin: string | undefined },
  ): ReturnType<SignalingAssistants['guest']> {
    if (request.target_type !== 'ai_assistant') {
      return refused('target_type: only ai_assistant is known here');
    }
    const { target_id: id, target_version_id: version } = request;
    const found = this.#deps.catalogue.find(id, version);
    // One answer for what does not exist and for what takes no guests: which of the two is nobody's business.
    if (!found?.assistant.anonymous) {
      return refused(
        version === undefined || found
          ? 'there is no such assistant, or it takes no anonymous calls'
          : 'there is no such assistant or version, or it takes no anonymous calls',
      );
    }
    const { origins, name } = found.assistant;
    if (origins.length > 0 && !origins.includes(from.origin ?? '')) {
      return refused('this assistant takes no calls from this site');
    }
    const conversation = request.target_params?.['conversation_id'];
    if (conversation !== undefined && typeof conversation !== 'string') {
      return refused('target_params.conversation_id: expected a text');
    }
    return {
      ok: true,
      name,
      target: {
        assistant: id,
        ...(version === undefined ? {} : { version }),
        ...(conversation === undefined ? {} : { conversation }),
      },
    };
  }

  dialled(name: string): AssistantTarget | null {
    const assistant = this.#deps.catalogue.dialled(name);
    return assistant && { assistant: assistant.id };
  }

  admit(target: AssistantTarget, caller: AssistantCaller): Admission {
    const found = this.#deps.catalogue.find(target.assistant, target.version);
    // It may have been removed, or closed to guests, since the guest came.
    if (!found || (caller.isGuest && !found.assistant.anonymous)) {
      return turnedAway(
        AI_ERRORS.engineUnavailable,
        'the assistant is not there any more',
        'UNALLOCATED_NUMBER',
      );
    }
    const { assistant } = found;
    const full = this.#desk.enter(assistant, caller.address);
    if (full !== null) {
      return turnedAway(AI_ERRORS.busy, full, 'SWITCH_CONGESTION');
    }
    const owner = caller.isGuest ? null : caller.user;
    const conversation = this.#conversations.open(assistant.id, owner, target.conversation);
    if (!conversation) {
      this.#desk.leave(assistant.id);
      return turnedAway(
        AI_ERRORS.unknownConversation,
        'the conversation does not exist, or is not yours',
        'CALL_REJECTED',
      );
    }
    const { createEngine, logger } = this.#deps;
    let made = false;
    return {
      ok: true,
      offer: {
        name: assistant.name,
        create: (line) => {
          const call = new AssistantCall({
            found,
            conversation,
            call: caller.call,
            line,
            logger: logger.child({ assistant: assistant.id, call: caller.call }),
            createEngine: (setup) => createEngine(found, setup),
            onEnded: (record) => {
              this.#desk.leave(assistant.id);
              this.#conversations.ended(record, assistant.transcripts);
            },
          });
          made = true;
          return call;
        },
        // The caller hung up, or its description was not taken, before there was anybody to talk to.
        withdrawn: () => {
          if (!made) {
            this.#desk.leave(assistant.id);
          }
        },
      },
    };
  }
}

function refused(message: string): { readonly ok: false; readonly failure: LoginFailure } {
  return { ok: false, failure: { reason: 'no_target', message, code: LOGIN_ERROR } };
}

function turnedAway(code: string | number, message: string, cause: Cause): Admission {
  return { ok: false, cause, event: { type: 'error', error: { code, message } } };
}
