/** What the diagnostics take from the page beyond the SDK's `Platform`; only this entry point needs it. */
export interface DiagnosticEnvironment {
  readonly mediaDevices: MediaDevices | undefined;
  readonly permissions: Permissions | undefined;
  readonly AudioContext: (new () => AudioContext) | undefined;
  readonly MediaRecorder: typeof MediaRecorder | undefined;
  /** Plays a recording to its end; settles also when playback is refused. */
  play(url: string): Promise<boolean>;
  delay(ms: number): Promise<void>;
}

export function browserEnvironment(): DiagnosticEnvironment {
  const page = globalThis as Partial<typeof globalThis>;
  const navigator = page.navigator as Partial<Navigator> | undefined;
  return {
    mediaDevices: navigator?.mediaDevices,
    permissions: navigator?.permissions,
    AudioContext: page.AudioContext,
    MediaRecorder: page.MediaRecorder,
    play: (url) =>
      new Promise((resolve) => {
        const element = new Audio(url);
        element.addEventListener('ended', () => {
          resolve(true);
        });
        element.addEventListener('error', () => {
          resolve(false);
        });
        element.play().catch(() => {
          resolve(false);
        });
      }),
    delay: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
}
