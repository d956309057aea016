import type { AssistantSnapshot } from '../assistant/session.ts';
import { make, setText } from '../element-kit/dom.ts';
import { LogView } from './log-view.ts';
import type { AssistantTexts } from './texts.ts';

/** What the view asks of its owner. */
export interface ViewActions {
  start(): void;
  stop(): void;
  toggleMute(): void;
  interrupt(): void;
  /** Resolves false when it could not be sent. */
  send(text: string): Promise<boolean>;
}

export interface ViewState {
  readonly snapshot: AssistantSnapshot;
  readonly texts: AssistantTexts;
  /** The heading; '' takes the assistant's own name. */
  readonly label: string;
}

const talking = (status: AssistantSnapshot['status']): boolean =>
  status === 'connecting' || status === 'live' || status === 'ending';

/** The inside of the element. Builds its nodes once and writes into them; lives as long as the element. */
export class AssistantView {
  readonly root: HTMLElement;
  readonly #actions: ViewActions;
  readonly #orbs: readonly HTMLElement[];
  readonly #title: HTMLElement;
  readonly #state: HTMLElement;
  readonly #note: HTMLElement;
  readonly #welcome: HTMLElement;
  readonly #intro: HTMLElement;
  readonly #problem: HTMLElement;
  readonly #start: HTMLButtonElement;
  readonly #foot: HTMLElement;
  readonly #input: HTMLInputElement;
  readonly #label: HTMLElement;
  readonly #send: HTMLButtonElement;
  readonly #mute: HTMLButtonElement;
  readonly #interrupt: HTMLButtonElement;
  readonly #stop: HTMLButtonElement;
  readonly #announcer: HTMLElement;
  readonly #log: LogView;
  #status: AssistantSnapshot['status'] = 'idle';
  #texts: AssistantTexts | undefined;

  constructor(document: Document, actions: ViewActions) {
    this.#actions = actions;
    const el = make.bind(null, document) as <K extends keyof HTMLElementTagNameMap>(
      tag: K,
      attributes?: Readonly<Record<string, string>>,
      ...children: readonly (Node | string)[]
    ) => HTMLElementTagNameMap[K];
    const button = (className: string, part: string, act: () => void): HTMLButtonElement => {
      const made = el('button', { type: 'button', class: className, part });
      made.addEventListener('click', act);
      return made;
    };
    this.#orbs = [
      el('span', { class: 'orb', 'aria-hidden': 'true' }),
      el('span', { class: 'orb', 'aria-hidden': 'true' }),
    ];
    const [small, large] = this.#orbs as [HTMLElement, HTMLElement];
    this.#title = el('h2', { part: 'title' });
    this.#state = el('p', { class: 'state', part: 'state' });
    this.#stop = button('danger', 'stop', () => actions.stop());
    this.#note = el('p', { class: 'note', part: 'note' });
    this.#problem = el('p', { class: 'problem', part: 'problem' });
    this.#intro = el('p');
    this.#start = button('primary big', 'start', () => actions.start());
    this.#welcome = el('div', { class: 'welcome' }, large, this.#problem, this.#intro, this.#start);
    this.#announcer = el('div', { class: 'quiet', role: 'status' });
    this.#log = new LogView(document, (text) => this.#announce(text));
    this.#input = el('input', {
      id: 'text',
      autocomplete: 'off',
      maxlength: '2000',
      part: 'input',
    });
    this.#label = el('label', { for: 'text', class: 'quiet' });
    this.#send = el('button', { type: 'submit', class: 'primary', part: 'send' });
    const form = el('form', {}, this.#label, this.#input, this.#send);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#submit();
    });
    this.#mute = button('', 'mute', () => actions.toggleMute());
    this.#interrupt = button('', 'interrupt', () => actions.interrupt());
    const controls = el('div', { class: 'controls' }, this.#mute, this.#interrupt, this.#stop);
    this.#foot = el('div', { class: 'foot' }, form, controls);
    this.root = el(
      'section',
      { class: 'card', part: 'card' },
      el('div', { class: 'head' }, small, el('div', { class: 'title' }, this.#title, this.#state)),
      this.#note,
      this.#welcome,
      this.#log.root,
      this.#foot,
      this.#announcer,
    );
    this.root.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !this.#interrupt.disabled) {
        actions.interrupt();
      }
    });
  }

  render({ snapshot, texts, label }: ViewState): void {
    const { status, state, info, problem, muted, transcript } = snapshot;
    const before = this.#status;
    const focused = this.#focused();
    this.#status = status;
    this.#words(texts);
    const live = status === 'live';
    const busy = talking(status);
    const title = label || info?.name || texts.assistant;
    setText(this.#title, title);
    if (this.root.ariaLabel !== title) {
      this.root.ariaLabel = title;
    }
    const shown = status === 'connecting' ? 'connecting' : live ? state : 'ended';
    this.root.dataset['status'] = status;
    this.root.dataset['state'] = shown;
    for (const orb of this.#orbs) {
      orb.dataset['state'] = busy || status !== 'idle' ? shown : 'idle';
    }
    setText(this.#state, status === 'idle' ? '' : texts.states[shown]);
    setText(this.#note, noteOf(snapshot, texts));
    this.#note.hidden = this.#note.textContent === '';
    const empty = transcript.length === 0;
    this.#log.root.hidden = !live && empty;
    this.#welcome.hidden = busy && (live || !empty);
    this.#foot.hidden = !busy;
    this.#welcome.classList.toggle('after', !empty);
    this.#intro.hidden = busy || status === 'failed' || !empty;
    this.#start.hidden = busy;
    setText(this.#start, status === 'idle' ? texts.start : texts.again);
    this.#send.disabled = this.#input.disabled = !live;
    this.#mute.disabled = !live;
    this.#mute.ariaPressed = String(muted);
    setText(this.#mute, muted ? texts.unmute : texts.mute);
    this.#interrupt.disabled = !live || (state !== 'speaking' && state !== 'thinking');
    setText(this.#stop, live ? texts.stop : texts.cancel);
    // Not `disabled`: that would take the focus away from whoever pressed it.
    this.#stop.ariaDisabled = String(status === 'ending');
    const told = problem && !busy ? (texts.problems[problem.code] ?? problem.message) : '';
    const failure = told || (status === 'failed' ? texts.failed : '');
    setText(this.#problem, failure || (status === 'ended' ? texts.ended : ''));
    this.#problem.hidden = this.#problem.textContent === '';
    this.#problem.classList.toggle('problem', failure !== '');
    this.#log.render(snapshot, texts);
    if (before !== status) {
      this.#moved(status, focused, failure || texts.ended, texts);
    }
  }

  /** Keyboard users go on where the talk goes on. */
  #moved(
    status: AssistantSnapshot['status'],
    focused: boolean,
    outcome: string,
    texts: AssistantTexts,
  ): void {
    if (status === 'connecting') {
      this.#announce(texts.connecting);
      if (focused) {
        this.#stop.focus();
      }
    }
    if (status === 'live') {
      this.#announce(texts.states.listening);
      if (focused) {
        this.#input.focus();
      }
    }
    if (status === 'ended' || status === 'failed') {
      this.#announce(outcome);
      if (focused) {
        this.#start.focus();
      }
    }
  }

  #focused(): boolean {
    const root = this.root.getRootNode() as Partial<ShadowRoot>;
    return root.activeElement !== null && root.activeElement !== undefined;
  }

  #words(texts: AssistantTexts): void {
    if (this.#texts === texts) {
      return;
    }
    this.#texts = texts;
    setText(this.#intro, texts.intro);
    setText(this.#label, texts.message);
    setText(this.#send, texts.send);
    setText(this.#interrupt, texts.interrupt);
    this.#input.placeholder = texts.placeholder;
  }

  #announce(text: string): void {
    setText(this.#announcer, text);
  }

  async #submit(): Promise<void> {
    const text = this.#input.value.trim();
    if (text === '') {
      return;
    }
    this.#input.value = '';
    if (await this.#actions.send(text)) {
      return;
    }
    // What a person wrote is not lost.
    if (this.#input.value === '') {
      this.#input.value = text;
    }
    this.#announce(this.#texts?.notSent ?? '');
    setText(this.#note, this.#texts?.notSent ?? '');
    this.#note.hidden = false;
  }
}

function noteOf({ info, status }: AssistantSnapshot, texts: AssistantTexts): string {
  if (!info || status === 'failed') {
    return '';
  }
  if (info.hears === 'phrases') {
    return texts.hearsPhrases;
  }
  return info.hears === 'nothing' ? texts.hearsNothing : '';
}
