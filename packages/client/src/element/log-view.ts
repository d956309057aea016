import type { AssistantSnapshot } from '../assistant/session.ts';
import type { TranscriptEntry } from '../assistant/transcript.ts';
import { make, setText } from '../element-kit/dom.ts';
import type { AssistantTexts } from './texts.ts';

/** Nearer to the end than this, in pixels, it follows what is new. */
const NEAR = 48;

/** The transcript as a list: one item an entry, written anew only where the entry changed. */
export class LogView {
  readonly root: HTMLOListElement;
  readonly #document: Document;
  readonly #announce: (text: string) => void;
  readonly #items = new Map<string, { entry: TranscriptEntry; readonly item: HTMLLIElement }>();
  #texts: AssistantTexts | undefined;

  constructor(document: Document, announce: (text: string) => void) {
    this.#document = document;
    this.#announce = announce;
    this.root = make(document, 'ol', { class: 'log', part: 'log', tabindex: '0' });
  }

  render({ transcript, callerSpeaking }: AssistantSnapshot, texts: AssistantTexts): void {
    const fresh = this.#texts !== texts;
    this.#texts = texts;
    if (fresh) {
      this.root.ariaLabel = texts.transcript;
    }
    const shown = transcript.filter((entry) => isShown(entry, transcript, callerSpeaking));
    const following = this.#isNearEnd();
    const ids = new Set(shown.map(({ id }) => id));
    for (const [id, { item }] of this.#items) {
      if (ids.has(id)) {
        continue;
      }
      item.remove();
      this.#items.delete(id);
    }
    let before: Element | null = null;
    for (const entry of shown) {
      const item = this.#itemOf(entry, texts, fresh);
      const place: Element | null =
        before === null ? this.root.firstElementChild : before.nextElementSibling;
      if (place !== item) {
        this.root.insertBefore(item, place);
      }
      before = item;
    }
    if (following) {
      this.root.scrollTop = this.root.scrollHeight;
    }
  }

  #isNearEnd(): boolean {
    const { scrollTop, scrollHeight, clientHeight } = this.root;
    return scrollHeight - scrollTop - clientHeight < NEAR;
  }

  #itemOf(entry: TranscriptEntry, texts: AssistantTexts, fresh: boolean): HTMLLIElement {
    const known = this.#items.get(entry.id);
    if (known?.entry === entry && !fresh) {
      return known.item;
    }
    const item = known?.item ?? make(this.#document, 'li');
    this.#items.set(entry.id, { entry, item });
    this.#write(item, entry, texts);
    const wasFinal = known !== undefined && isFinal(known.entry);
    if (!wasFinal && isFinal(entry)) {
      this.#announce(spoken(entry, texts));
    }
    return item;
  }

  #write(item: HTMLLIElement, entry: TranscriptEntry, texts: AssistantTexts): void {
    if (entry.role === 'tool') {
      item.className = 'entry tool';
      item.dataset['status'] = entry.status;
      item.dataset['tool'] = entry.name;
      setText(item, texts.tools[entry.status](entry.name));
      return;
    }
    item.className = `entry ${entry.role}${entry.failed ? ' failed' : ''}`;
    const document = this.#document;
    const who = entry.role === 'user' ? texts.you : texts.assistant;
    const said = entry.failed ? texts.notUnderstood : entry.text;
    item.replaceChildren(
      make(document, 'span', { class: 'quiet' }, `${who}: `),
      said === ''
        ? make(document, 'span', { class: 'dots', 'aria-hidden': 'true' }, '•••')
        : make(document, 'span', { class: 'text' }, said),
      ...entry.images
        .filter((url) => /^(https?:|data:image\/)/i.test(url))
        .map((url) => make(document, 'img', { src: url, alt: '' })),
      ...(entry.interrupted ? [make(document, 'span', { class: 'cut' }, texts.interrupted)] : []),
    );
  }
}

const isFinal = (entry: TranscriptEntry): boolean =>
  entry.role === 'tool' ? entry.status !== 'running' : entry.final;

/** A caller whose words nobody writes down, and an assistant cut off before its first word, leave no empty line behind. */
function isShown(
  entry: TranscriptEntry,
  all: readonly TranscriptEntry[],
  callerSpeaking: boolean,
): boolean {
  if (entry.role === 'assistant') {
    return entry.text !== '' || !entry.final;
  }
  if (entry.role !== 'user' || entry.text !== '' || entry.failed || entry.images.length > 0) {
    return true;
  }
  return !entry.final && callerSpeaking && entry === all.findLast(({ role }) => role === 'user');
}

function spoken(entry: TranscriptEntry, texts: AssistantTexts): string {
  if (entry.role === 'tool') {
    return texts.tools[entry.status](entry.name);
  }
  const who = entry.role === 'user' ? texts.you : texts.assistant;
  return `${who}: ${entry.failed ? texts.notUnderstood : entry.text}`;
}
