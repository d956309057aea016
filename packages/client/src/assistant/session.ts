import type { Call } from '../calls/call.ts';
import { TelnyxRTC } from '../client.ts';
import type { ITelnyxErrorEvent } from '../events.ts';
import type { IClientOptions, MediaElementSource, TargetParams } from '../options.ts';
import { browserPlatform } from '../platform.ts';
import { markRaw, proxySafe } from '../proxy-safe.ts';
import { Timer } from '../timer.ts';
import { Emitter, type Listener } from '../emitter.ts';
import type { AssistantInfo, CallAi, CallAiEvents } from './call-ai.ts';
import type { ToolArguments, ToolSchema } from './schema.ts';
import { SESSION_TABLE, type AssistantStatus, type SessionStep } from './session-state.ts';
import type { ToolHandler, ToolOptions } from './tools.ts';
import type { TranscriptEntry } from './transcript.ts';
import type { AssistantState } from './turns.ts';

export type { AssistantStatus } from './session-state.ts';

export interface AssistantOptions {
  /** Your gateway, `wss://…`. Without it: Telnyx's service. */
  readonly host?: string | undefined;
  /** Which assistant. */
  readonly targetId: string;
  readonly targetVersionId?: string | undefined;
  /** `conversation_id` joins a conversation again. */
  readonly targetParams?: TargetParams | undefined;
  /** False: the visitor only types and listens; no microphone is asked for. Default true. */
  readonly microphone?: boolean | undefined;
  /** Where the assistant's voice plays. Default: an element of its own, out of sight. */
  readonly remoteElement?: MediaElementSource | undefined;
  /** Further options of the client. */
  readonly client?: Partial<IClientOptions> | undefined;
  /** Makes the client; for tests. */
  readonly createClient?: ((options: IClientOptions) => TelnyxRTC) | undefined;
}

/** Why a talk could not begin or go on. */
export interface AssistantProblem {
  /** An SDK error (docs/client.md), a code of the gateway (docs/assistants.md), or a call's cause. */
  readonly code: number | string;
  readonly message: string;
}

/** Everything a page shows, at one moment: a new object each time something in it changes. */
export interface AssistantSnapshot {
  readonly status: AssistantStatus;
  /** Whose turn it is. */
  readonly state: AssistantState;
  readonly transcript: readonly TranscriptEntry[];
  readonly info: AssistantInfo | null;
  readonly callerSpeaking: boolean;
  readonly muted: boolean;
  /** The last problem of this talk. */
  readonly problem: AssistantProblem | null;
  readonly call: Call | null;
}

const NOTHING: AssistantSnapshot = {
  status: 'idle',
  state: 'connecting',
  transcript: [],
  info: null,
  callerSpeaking: false,
  muted: false,
  problem: null,
  call: null,
};

/** How long signing in may take. */
const READY_MS = 15_000;

interface Registered {
  readonly name: string;
  readonly add: (ai: CallAi) => () => void;
  undo: (() => void) | undefined;
}

/** One talk: its client, its call, and what is to be undone. */
interface Talk {
  readonly client: TelnyxRTC;
  /** Ends the attempt to sign in. */
  readonly abort: AbortController;
  readonly undo: (() => void)[];
  call: Call | null;
  closed: boolean;
}

/**
 * A visitor without an account talks to an assistant: signs in anonymously, calls, and shows what happens as a store. Between two
 * talks nothing runs; `dispose()` ends what does.
 */
export class AssistantSession {
  readonly #options: () => AssistantOptions;
  readonly #platform = browserPlatform();
  readonly #listeners = new Set<() => void>();
  readonly #events: Emitter<CallAiEvents>;
  readonly #tools = new Set<Registered>();
  #snapshot = NOTHING;
  #talk: Talk | null = null;

  /**
   * @param options a function is asked anew at each start
   * @throws TypeError without `targetId`
   */
  constructor(options: AssistantOptions | (() => AssistantOptions)) {
    this.#options = typeof options === 'function' ? options : () => options;
    if (typeof options !== 'function') {
      checkTarget(options);
    }
    this.#events = new Emitter((error) => this.#platform.reportError(error));
    markRaw(this);
  }

  /** Calls back after each change; returns the undo. */
  readonly subscribe = (listener: () => void): (() => void) => {
    const own = (): void => listener();
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  };
  readonly getSnapshot = (): AssistantSnapshot => this.#snapshot;

  /** As `call.ai.on`, for this talk and later ones. */
  on<K extends keyof CallAiEvents>(event: K, listener: Listener<CallAiEvents[K]>): () => void {
    return this.#events.on(event, listener);
  }

  /** As `call.ai.tool`, for this talk and later ones. */
  tool<const S extends ToolSchema>(
    name: string,
    schema: S,
    handler: ToolHandler<ToolArguments<S>>,
    options?: ToolOptions,
  ): () => void {
    for (const { name: taken } of this.#tools) {
      if (taken === name) {
        throw new TypeError(`There is a tool "${name}" already`);
      }
    }
    const one: Registered = {
      name,
      add: (ai) => ai.tool(name, schema, handler, options),
      undo: undefined,
    };
    const ai = this.#talk?.call?.ai;
    if (ai && ai.state !== 'ended') {
      one.undo = one.add(ai);
    }
    this.#tools.add(one);
    return () => {
      this.#tools.delete(one);
      one.undo?.();
    };
  }

  /** Begins a talk; does nothing while there is one. Never rejects: what goes wrong is in the snapshot (`failed`, `problem`). */
  async start(): Promise<void> {
    if (!this.#step('start', { ...NOTHING, status: 'connecting' })) {
      return;
    }
    let talk: Talk | undefined;
    try {
      talk = this.#open();
      this.#talk = talk;
      await this.#signIn(talk);
      if (!talk.closed) {
        this.#dial(talk);
      }
    } catch (error) {
      if (!talk?.closed) {
        this.#fail(talk, problemOf(error));
      }
    }
  }

  /** Hangs up. Resolves when nothing of the talk is left. */
  async stop(): Promise<void> {
    const talk = this.#talk;
    if (!talk || !this.#step('stop')) {
      return;
    }
    await this.#close(talk);
    if (this.#snapshot.status === 'ending') {
      this.#step('over');
    }
  }

  /** Says it in writing. Rejects when the gateway does not take it, or there is no talk. */
  async send(text: string, images: readonly string[] = []): Promise<void> {
    const { call, status } = this.#snapshot;
    if (!call || status !== 'live') {
      throw new Error('There is no talk with the assistant');
    }
    await call.sendConversationMessage(text, images);
  }

  /** Cuts the assistant off; false when there is nothing to cut off. */
  interrupt(): boolean {
    return this.#snapshot.call?.ai.interrupt() ?? false;
  }

  toggleMute(): void {
    this.#talk?.call?.toggleAudioMute();
  }

  /** Ends what runs. It may be started again. */
  dispose(): void {
    void this.stop();
  }

  #open(): Talk {
    const given = this.#options();
    const { host, targetId, targetVersionId, targetParams, remoteElement, microphone, client } =
      given;
    checkTarget(given);
    const options: IClientOptions = {
      ...client,
      ...(host === undefined ? {} : { host }),
      ...(remoteElement === undefined ? {} : { remoteElement }),
      anonymous_login: {
        target_type: 'ai_assistant',
        target_id: targetId,
        ...(targetVersionId ? { target_version_id: targetVersionId } : {}),
        ...(targetParams ? { target_params: targetParams } : {}),
      },
    };
    const made = given.createClient?.(options) ?? new TelnyxRTC(options);
    if (microphone === false) {
      made.disableMicrophone();
    }
    const talk: Talk = {
      client: made,
      abort: new AbortController(),
      undo: [],
      call: null,
      closed: false,
    };
    const listener = (event: ITelnyxErrorEvent): void => {
      const { code, message, fatal } = event.error;
      // What the SDK mends by itself during a talk is no problem of the visitor's.
      if (!talk.closed && (fatal || this.#snapshot.status === 'connecting')) {
        this.#note({ code, message });
      }
    };
    made.on('telnyx.error', listener);
    talk.undo.push(() => made.off('telnyx.error', listener));
    return talk;
  }

  async #signIn({ client, abort }: Talk): Promise<void> {
    const timer = new Timer(this.#platform);
    timer.start(READY_MS, () => abort.abort(new DOMException('No answer', 'TimeoutError')));
    try {
      await client.connect({ signal: abort.signal });
    } finally {
      timer.stop();
    }
  }

  #dial(talk: Talk): void {
    const call = talk.client.newCall({ destinationNumber: '' });
    this.#adopt(talk, call);
    for (const one of this.#tools) {
      one.undo = one.add(call.ai);
    }
  }

  #adopt(talk: Talk, call: Call): void {
    const show = (shown: Call): void => {
      talk.call = shown;
      this.#set({ call: shown, muted: shown.isAudioMuted });
    };
    show(call);
    talk.undo.push(
      call.on('state', (state) => {
        if (state === 'active') {
          this.#step('answered');
        }
      }),
      call.on('mute', (muted) => this.#set({ muted })),
      // Listeners and `ai` go on with the object that takes this one's place.
      call.on('recovered', show),
      call.on('ended', ({ cause, causeCode, side }) => {
        const early = this.#snapshot.status === 'connecting';
        if (talk.closed) {
          return;
        }
        const { problem } = this.#snapshot;
        const failed = early || (causeCode !== 16 && side === 'remote');
        if (failed) {
          this.#fail(talk, problem ?? { code: cause, message: cause });
        } else if (this.#step('over')) {
          void this.#close(talk);
        }
      }),
    );
    this.#follow(talk, call.ai);
  }

  #follow(talk: Talk, ai: CallAi): void {
    const relay = (event: keyof CallAiEvents): void => {
      const pass = (...args: unknown[]): void => this.#events.emit(event, ...(args as never));
      talk.undo.push(ai.on(event, pass));
    };
    const refresh = (): void => {
      const { state, info, callerSpeaking, transcript } = ai;
      this.#set({ state, info, callerSpeaking, transcript: transcript.getSnapshot() });
    };
    talk.undo.push(
      ai.transcript.subscribe(refresh),
      ai.on('state', refresh),
      ai.on('begun', refresh),
      ai.on('callerSpeaking', refresh),
      ai.on('error', (error) => this.#note(error)),
    );
    const events: readonly (keyof CallAiEvents)[] = [
      ...(['transcript', 'speaking', 'listening', 'thinking', 'interrupted'] as const),
      ...(['toolCall', 'state', 'callerSpeaking', 'begun', 'error'] as const),
    ];
    events.forEach(relay);
    refresh();
  }

  #note(problem: AssistantProblem): void {
    this.#set({ problem });
  }

  #fail(talk: Talk | undefined, problem: AssistantProblem): void {
    // A named problem came before this one, its consequence.
    if (!this.#step('fail', { problem: this.#snapshot.problem ?? problem })) {
      return;
    }
    if (talk) {
      void this.#close(talk);
    }
  }

  /** Never rejects. */
  async #close(talk: Talk): Promise<void> {
    talk.closed = true;
    if (this.#talk === talk) {
      this.#talk = null;
      for (const one of this.#tools) {
        one.undo = undefined;
      }
    }
    talk.abort.abort();
    await talk.client.disconnect();
    for (const undo of talk.undo.splice(0)) {
      undo();
    }
  }

  #step(step: SessionStep, change: Partial<AssistantSnapshot> = {}): boolean {
    const next = SESSION_TABLE[this.#snapshot.status][step];
    if (next === undefined) {
      return false;
    }
    this.#set({ ...change, status: next });
    return true;
  }

  #set(change: Partial<AssistantSnapshot>): void {
    const before = this.#snapshot;
    const keys = Object.keys(change) as (keyof AssistantSnapshot)[];
    if (keys.every((key) => Object.is(before[key], change[key]))) {
      return;
    }
    this.#snapshot = { ...before, ...change };
    for (const listener of [...this.#listeners]) {
      try {
        listener();
      } catch (error) {
        this.#platform.reportError(error);
      }
    }
  }
}

proxySafe(AssistantSession);

function checkTarget({ targetId }: AssistantOptions): void {
  if (!targetId) {
    throw new TypeError('targetId is required');
  }
}

function problemOf(error: unknown): AssistantProblem {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return {
    code: typeof code === 'number' || typeof code === 'string' ? code : 'failed',
    message: typeof message === 'string' ? message : String(error),
  };
}
