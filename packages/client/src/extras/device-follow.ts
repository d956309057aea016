import type { CallCore } from '../calls/core.ts';
import { setInput } from '../calls/input.ts';
import { Listeners } from '../listeners.ts';
import type { Companion, DeviceNews, ExtrasContext } from './context.ts';

/** What a call uses and what it was told to use, where they differ. */
interface Wish {
  /** Device that vanished while it was used. */
  wanted: string | null;
  /** Device that stands in for it. */
  substitute: string | null;
}

/** A microphone that stops again so soon is broken: opening it over and over would not mend it. */
const STOPS_AGAIN_MS = 5_000;

interface Followed {
  readonly core: CallCore;
  /** When its microphone was opened again. */
  reopenedAt: number;
  readonly input: Wish;
  readonly output: Wish;
  readonly track: Listeners;
}

/**
 * A call whose microphone or loudspeaker vanishes goes on with another one, and takes the first one again when it is back,
 * unless the application has chosen another meanwhile.
 */
export class DeviceFollow implements Companion {
  readonly #context: ExtrasContext;
  readonly #calls = new Set<Followed>();

  constructor(context: ExtrasContext) {
    this.#context = context;
  }

  attend(core: CallCore): void {
    const wish = (): Wish => ({ wanted: null, substitute: null });
    const call: Followed = {
      core,
      reopenedAt: -Infinity,
      input: wish(),
      output: wish(),
      track: new Listeners(),
    };
    const end = (): void => {
      call.track.dispose();
      this.#calls.delete(call);
    };
    if (core.isOver) return;
    this.#calls.add(call);
    core.events.on('ended', end);
    core.events.on('recovered', end);
    core.events.on('input', () => {
      this.#watchTrack(call);
    });
    core.events.on('state', (state) => {
      if (state === 'active') this.#watchTrack(call);
    });
    this.#watchTrack(call);
  }

  devicesChanged(change: DeviceNews): void {
    for (const call of this.#calls) {
      this.#input(call, change);
      this.#output(call, change);
    }
  }

  /**
   * A browser ends the track of a microphone that was unplugged, perhaps before it tells of the devices. It also ends one that gave
   * nothing for some seconds, as after the machine slept: then the same microphone is opened again.
   */
  #watchTrack(call: Followed): void {
    const track = capturedTrack(call.core);
    call.track.dispose();
    if (!track) return;
    const ended = (): void => {
      void this.#context.devices.enumerate().then((devices) => {
        if (capturedTrack(call.core) !== track) return;
        const id = deviceIdOf(track);
        if (has(devices, 'audioinput', id)) {
          const now = this.#context.platform.now();
          if (now - call.reopenedAt < STOPS_AGAIN_MS) return;
          call.reopenedAt = now;
          this.#switch(call.core, id, 'has stopped: it is opened again');
        } else {
          const removed = [{ kind: 'audioinput', deviceId: id } as MediaDeviceInfo];
          this.#input(call, { added: [], removed, devices });
        }
      });
    };
    if (track.readyState === 'ended') ended();
    else call.track.add(track, 'ended', ended);
  }

  #input(call: Followed, { added, removed, devices }: DeviceNews): void {
    const { core, input } = call;
    const track = capturedTrack(core);
    if (core.isOver || !track) return;
    const current = deviceIdOf(track);
    if (has(removed, 'audioinput', current) || (removed.length && track.readyState === 'ended')) {
      const next = substituteFor('audioinput', current, devices);
      if (!next || input.substitute === next) return;
      input.wanted ??= current;
      input.substitute = next;
      this.#switch(core, next, 'is gone: the call goes on with another');
    } else if (input.wanted && has(added, 'audioinput', input.wanted)) {
      const { wanted, substitute } = input;
      input.wanted = input.substitute = null;
      if (current === substitute || core.options.micId === substitute) {
        this.#switch(core, wanted, 'is back');
      }
    }
  }

  #switch(core: CallCore, deviceId: string, what: string): void {
    core.deps.logger.info(`Call ${core.id}: the microphone ${what}`);
    void setInput(core, deviceId, undefined);
  }

  #output({ core, output }: Followed, { added, removed, devices }: DeviceNews): void {
    const { options, media } = core;
    const current = options.speakerId;
    if (current && has(removed, 'audiooutput', current)) {
      const next = substituteFor('audiooutput', current, devices);
      if (!next) return;
      output.wanted ??= current;
      output.substitute = options.speakerId = next;
      core.deps.logger.info(`Call ${core.id}: the loudspeaker is gone: another one plays`);
      void media.output.setSink(next);
    } else if (output.wanted && has(added, 'audiooutput', output.wanted)) {
      const { wanted, substitute } = output;
      output.wanted = output.substitute = null;
      if (options.speakerId !== substitute) return;
      options.speakerId = wanted;
      core.deps.logger.info(`Call ${core.id}: the loudspeaker is back`);
      void media.output.setSink(wanted);
    }
  }
}

/** The microphone's own track: what is sent may be what a processor made of it. Only one that we opened is ours to replace. */
function capturedTrack({ options, media }: CallCore): MediaStreamTrack | undefined {
  const [track] = options.localStream?.getAudioTracks() ?? [];
  return track && media.owned.has(track) ? track : undefined;
}

const deviceIdOf = (track: MediaStreamTrack): string =>
  (track as Partial<MediaStreamTrack>).getSettings?.().deviceId ?? '';

const has = (list: readonly MediaDeviceInfo[], kind: MediaDeviceKind, id: string): boolean =>
  list.some((device) => device.kind === kind && device.deviceId === id);

/** What the system prefers, else the first one. */
function substituteFor(
  kind: MediaDeviceKind,
  gone: string,
  devices: readonly MediaDeviceInfo[],
): string | undefined {
  const others = devices.filter((device) => device.kind === kind && device.deviceId !== gone);
  return (others.find(({ deviceId }) => deviceId === 'default') ?? others[0])?.deviceId;
}
