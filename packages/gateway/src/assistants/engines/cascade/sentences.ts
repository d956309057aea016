/** Cuts a text that comes in pieces into what can be spoken: sentences, so that the first is heard while the rest is thought of. */
export class Sentences {
  #rest = '';

  /** What is complete by now. */
  add(text: string): readonly string[] {
    this.#rest += text;
    const found: string[] = [];
    for (;;) {
      // An end is followed by a space: "3.5" and "e.g." in the middle of a word are none.
      const end = /[.!?…。！？]["')\]]*\s|\n/.exec(this.#rest);
      if (!end) {
        break;
      }
      const at = end.index + end[0].length;
      const sentence = this.#rest.slice(0, at).trim();
      this.#rest = this.#rest.slice(at);
      if (sentence !== '') {
        found.push(sentence);
      }
    }
    return found;
  }

  /** What is left when nothing follows; '' when nothing is. */
  end(): string {
    const rest = this.#rest.trim();
    this.#rest = '';
    return rest;
  }
}
