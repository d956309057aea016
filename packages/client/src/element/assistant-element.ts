import type { CallAiEvents } from '../assistant/call-ai.ts';
import type { ToolArguments, ToolSchema } from '../assistant/schema.ts';
import {
  AssistantSession,
  type AssistantOptions,
  type AssistantSnapshot,
} from '../assistant/session.ts';
import type { ToolHandler, ToolOptions } from '../assistant/tools.ts';
import type { IClientOptions, TargetParams } from '../options.ts';
import { STYLES } from './styles.ts';
import { textsFor, type AssistantTexts } from './texts.ts';
import { AssistantView } from './view.ts';

/** What the element tells: event name → `detail`. All bubble, and pass shadow roots. */
export interface AssistantElementEvents {
  /** The talk began, ended or failed. */
  'offhook-status': Pick<AssistantSnapshot, 'status' | 'problem'>;
  /** Whose turn it is. */
  'offhook-state': { readonly state: CallAiEvents['state'][0] };
  'offhook-transcript': { readonly entry: CallAiEvents['transcript'][0] };
  'offhook-toolcall': { readonly toolCall: CallAiEvents['toolCall'][0] };
  'offhook-interrupted': null;
}

/** On a server there are no elements; the import does nothing there. */
const Base = (globalThis as { HTMLElement?: typeof HTMLElement }).HTMLElement ?? (Object as never);

let sheet: CSSStyleSheet | undefined;

/**
 * `<offhook-assistant host="wss://phone.example.com" target-id="front-desk">`: a visitor of the page talks to an assistant.
 *
 * Attributes: `host`, `target-id`, `target-version-id`, `label` (heading), `lang`, `theme` (`light`, `dark`; default: the page's), `microphone`
 * (`off`: type only). They count from the next start on. Without `host`, the page's own.
 */
export class OffhookAssistant extends Base {
  static readonly observedAttributes = ['lang', 'label'];

  #targetParams: TargetParams | undefined;
  #clientOptions: Partial<IClientOptions> | undefined;
  #ownTexts: Partial<AssistantTexts> | undefined;
  #texts: AssistantTexts | undefined;
  readonly #session = new AssistantSession(() => this.#options());
  #view: AssistantView | undefined;
  #undo: (() => void)[] = [];
  #status: AssistantSnapshot['status'] = 'idle';

  /** `conversation_id` joins a conversation again; other members reach the assistant. */
  get targetParams(): TargetParams | undefined {
    return this.#targetParams;
  }
  set targetParams(params: TargetParams | undefined) {
    this.#targetParams = params;
  }

  /** Further options of the client, such as `iceServers`. */
  get clientOptions(): Partial<IClientOptions> | undefined {
    return this.#clientOptions;
  }
  set clientOptions(options: Partial<IClientOptions> | undefined) {
    this.#clientOptions = options;
  }

  /** Words of the page's own, in place of the element's. */
  get texts(): Partial<AssistantTexts> | undefined {
    return this.#ownTexts;
  }
  set texts(texts: Partial<AssistantTexts> | undefined) {
    this.#ownTexts = texts;
    this.#reword();
  }

  /** Everything that it shows. */
  get snapshot(): AssistantSnapshot {
    return this.#session.getSnapshot();
  }

  /** Begins a talk. Never rejects: `offhook-status` tells. */
  start(): Promise<void> {
    return this.#session.start();
  }
  stop(): Promise<void> {
    return this.#session.stop();
  }
  /** Says it in writing. Rejects without a talk, and when the gateway does not take it. */
  send(text: string, images: readonly string[] = []): Promise<void> {
    return this.#session.send(text, images);
  }
  /** Cuts the assistant off; false when there is nothing to cut off. */
  interrupt(): boolean {
    return this.#session.interrupt();
  }
  /** Lets the assistant use a tool of the page, in this talk and later ones: see `call.ai.tool`. Returns the undo. */
  tool<const S extends ToolSchema>(
    name: string,
    schema: S,
    handler: ToolHandler<ToolArguments<S>>,
    options?: ToolOptions,
  ): () => void {
    return this.#session.tool(name, schema, handler, options);
  }

  connectedCallback(): void {
    this.#view ??= this.#build();
    if (this.#undo.length > 0) {
      return;
    }
    const session = this.#session;
    this.#undo = [
      session.subscribe(() => this.#render()),
      session.on('state', (state) => this.#tell('offhook-state', { state })),
      session.on('transcript', (entry) => this.#tell('offhook-transcript', { entry })),
      session.on('toolCall', (toolCall) => this.#tell('offhook-toolcall', { toolCall })),
      session.on('interrupted', () => this.#tell('offhook-interrupted', null)),
    ];
    this.#reword();
  }

  disconnectedCallback(): void {
    // Moving an element takes it out and puts it in again, in one go.
    queueMicrotask(() => {
      if (this.isConnected) {
        return;
      }
      this.#session.dispose();
      for (const undo of this.#undo.splice(0)) {
        undo();
      }
    });
  }

  attributeChangedCallback(): void {
    this.#reword();
  }

  #build(): AssistantView {
    const root = this.attachShadow({ mode: 'open', delegatesFocus: true });
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLES);
    }
    root.adoptedStyleSheets = [sheet];
    const session = this.#session;
    const view = new AssistantView(this.ownerDocument, {
      start: () => void session.start(),
      stop: () => void session.stop(),
      toggleMute: () => session.toggleMute(),
      interrupt: () => {
        try {
          session.interrupt();
        } catch {
          // Without a connection there is nothing to cut off either; the talk's own state says so.
        }
      },
      send: (text) =>
        session.send(text).then(
          () => true,
          () => false,
        ),
    });
    root.append(view.root);
    return view;
  }

  #options(): AssistantOptions {
    const version = this.getAttribute('target-version-id');
    const { protocol, host } = this.ownerDocument.location;
    return {
      host: this.getAttribute('host') ?? `${protocol === 'https:' ? 'wss' : 'ws'}://${host}`,
      targetId: this.getAttribute('target-id') ?? '',
      ...(version ? { targetVersionId: version } : {}),
      ...(this.targetParams ? { targetParams: this.targetParams } : {}),
      ...(this.clientOptions ? { client: this.clientOptions } : {}),
      microphone: this.getAttribute('microphone') !== 'off',
    };
  }

  #reword(): void {
    const page = this.ownerDocument.documentElement.lang;
    const near = this.closest<HTMLElement>('[lang]')?.lang;
    this.#texts = textsFor([this.getAttribute('lang'), near, page], this.#ownTexts);
    this.#render();
  }

  #render(): void {
    const snapshot = this.#session.getSnapshot();
    if (this.#view && this.#texts) {
      const label = this.getAttribute('label') ?? '';
      this.#view.render({ snapshot, texts: this.#texts, label });
    }
    if (this.#status === snapshot.status) {
      return;
    }
    this.#status = snapshot.status;
    const { status, problem } = snapshot;
    this.#tell('offhook-status', { status, problem });
  }

  #tell<K extends keyof AssistantElementEvents>(type: K, detail: AssistantElementEvents[K]): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }
}
