/** The parts of two Emscripten builds that are used; neither brings types. */
interface VoiceHeap {
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  readonly HEAP16: Int16Array;
  readonly HEAP32: Int32Array;
}

declare module '@echogarden/fvad-wasm' {
  export interface Fvad extends VoiceHeap {
    _fvad_new(): number;
    _fvad_free(vad: number): void;
    _fvad_reset(vad: number): void;
    _fvad_set_mode(vad: number, mode: number): number;
    _fvad_set_sample_rate(vad: number, rate: number): number;
    /** 1: voice, 0: none, -1: wrong length. */
    _fvad_process(vad: number, frame: number, samples: number): number;
  }
  export default function load(): Promise<Fvad>;
}

declare module '@echogarden/speex-resampler-wasm' {
  export interface Speex extends VoiceHeap {
    _speex_resampler_init(
      channels: number,
      from: number,
      to: number,
      quality: number,
      error: number,
    ): number;
    _speex_resampler_destroy(state: number): void;
    _speex_resampler_process_int(
      state: number,
      channel: number,
      input: number,
      inputLength: number,
      output: number,
      outputLength: number,
    ): number;
  }
  export default function load(): Promise<Speex>;
}
