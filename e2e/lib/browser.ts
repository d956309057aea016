import type { Browser, BrowserContext } from '@playwright/test';
import { chromium } from '@playwright/test';
import { bundle } from './bundle.ts';
import { writeTone } from './wav.ts';

/** Where Debian has it; scripts/test.mjs says otherwise where it is elsewhere. */
export const chromiumPath = process.env['OFFHOOK_CHROMIUM'] ?? '/usr/bin/chromium';

const switches = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-device-for-media-stream',
];

/** What the person says when the page asks for the microphone. */
export type Permission = 'grant' | 'deny';

export interface LaunchOptions {
  /** A plain http origin whose pages may capture all the same. */
  readonly trusted?: string;
  /** Pages may play sound before anybody touched them; default true. */
  readonly autoplay?: boolean;
}

/**
 * One party's browser. The fake microphone is a property of the browser process, so every party that is to be told from
 * another by ear has a browser of its own.
 * @param voice of its microphone: a frequency in Hz, or a sound file, which Chromium plays in a loop from when it is opened
 */
export function launch(
  voice: number | string,
  executablePath = chromiumPath,
  permission: Permission = 'grant',
  { trusted, autoplay = true }: LaunchOptions = {},
): Promise<Browser> {
  const dialogue = '--use-fake-ui-for-media-stream';
  return chromium.launch({
    executablePath,
    args: [
      ...switches,
      `--autoplay-policy=${autoplay ? 'no-user-gesture-required' : 'document-user-activation-required'}`,
      ...(trusted === undefined ? [] : [`--unsafely-treat-insecure-origin-as-secure=${trusted}`]),
      permission === 'grant' ? dialogue : `${dialogue}=deny`,
      `--use-file-for-fake-audio-capture=${typeof voice === 'number' ? writeTone(voice) : voice}`,
    ],
  });
}

/** A context whose pages can be listened to through `window.ear`. */
export async function listenable(
  browser: Browser,
  options?: Parameters<Browser['newContext']>[0],
): Promise<BrowserContext> {
  const context = await browser.newContext(options);
  await context.addInitScript({ content: await bundle('pages/ear.ts') });
  return context;
}
