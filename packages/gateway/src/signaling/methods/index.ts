import type { ClientMethod } from '@offhook/protocol';
import { aiConversation } from './ai-conversation.ts';
import { answer } from './answer.ts';
import { attach } from './attach.ts';
import { bye } from './bye.ts';
import { candidate, endOfCandidates } from './candidate.ts';
import { broadcast, subscribe, unsubscribe } from './channels.ts';
import { gatewayState } from './gateway-state.ts';
import { info } from './info.ts';
import { invite } from './invite.ts';
import type { Method } from './method.ts';
import { modify } from './modify.ts';

/** Login belongs to the connection: it is what makes a session. */
export type SessionMethod = Exclude<ClientMethod, 'login' | 'anonymous_login' | 'ping'>;

export const METHODS: { readonly [M in SessionMethod]: Method<M> } = {
  gatewayState,
  invite,
  answer,
  attach,
  modify,
  bye,
  info,
  candidate,
  endOfCandidates,
  subscribe,
  unsubscribe,
  broadcast,
  ai_conversation: aiConversation,
};
