import loadFvad from '@echogarden/fvad-wasm';
import type { Fvad } from '@echogarden/fvad-wasm';
import loadSpeex from '@echogarden/speex-resampler-wasm';
import type { Speex } from '@echogarden/speex-resampler-wasm';
import { loadLibopus } from 'libopus-wasm';

/** WebAssembly modules that voices share. */
export interface VoiceLibraries {
  readonly fvad: Fvad;
  readonly speex: Speex;
}

let loading: Promise<VoiceLibraries> | null = null;

/** Loads them with the first voice of a thread: a gateway without assistants has nothing of it. */
export function loadVoiceLibraries(): Promise<VoiceLibraries> {
  loading ??= load();
  return loading;
}

async function load(): Promise<VoiceLibraries> {
  const [fvad, speex] = await Promise.all([loadFvad(), loadSpeex(), loadLibopus()]);
  return { fvad, speex };
}
