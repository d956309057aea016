import type { Engine, EngineSetup, MessageItem } from '../engine.ts';

/** An engine that does what a test tells it, and remembers what it was told. */
export class FakeEngine implements Engine {
  readonly rate = 16_000;
  readonly hears = 'speech';
  readonly setup: EngineSetup;
  readonly told: string[] = [];
  closed = false;
  opening: Promise<void> = Promise.resolve();

  constructor(setup: EngineSetup) {
    this.setup = setup;
  }

  get host(): EngineSetup['host'] {
    return this.setup.host;
  }

  open(): Promise<void> {
    return this.opening;
  }

  begin(): void {
    this.told.push(`begin after ${String(this.setup.history.length)}`);
  }

  hear(pcm: Int16Array): void {
    this.told.push(`hear ${String(pcm.length)}`);
  }

  speech(on: boolean): void {
    this.told.push(`speech ${String(on)}`);
  }

  digits(digits: string): void {
    this.told.push(`digits ${digits}`);
  }

  message(item: MessageItem): void {
    this.told.push(`message ${item.content.map(({ type }) => type).join(' ')}`);
  }

  toolOutput(callId: string, output: string): void {
    this.told.push(`output ${callId} ${output}`);
  }

  toolsChanged(): void {
    this.told.push(
      `tools ${this.setup
        .tools()
        .map(({ name }) => name)
        .join(' ')}`,
    );
  }

  interrupted(response: string, playedMs: number | null): void {
    this.told.push(`interrupted ${response} ${String(playedMs)}`);
  }

  close(): void {
    this.closed = true;
  }
}
