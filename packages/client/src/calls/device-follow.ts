import { Listeners } from '../listeners.ts';
import type { DeviceChange } from '../media/device-list.ts';
import type { Devices } from '../media/devices.ts';
import type { Platform } from '../platform.ts';
import { setInput } from './actions.ts';
import type { Leg } from './leg.ts';

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
  readonly leg: Leg;
  /** When its microphone was opened again. */
  reopenedAt: number;
  readonly input: Wish;
  readonly output: Wish;
  readonly track: Listeners;
}

/**
 * A call whose microphone or loudspeaker vanishes goes on with another one, and takes the first one again when it is back,
 * unless the application has chosen another meanwhile. Listens to devices and page only while there is a call.
 */
export class DeviceFollow {
  readonly #platform: Platform;
  readonly #devices: Pick<Devices, 'enumerate' | 'watch'>;
  readonly #calls = new Set<Followed>();
  /** What was noted of each leg, for the one that takes its place. */
  readonly #noted = new WeakMap<Leg, Followed>();
  #unwatch: (() => void) | null = null;

  constructor(platform: Platform, devices: Pick<Devices, 'enumerate' | 'watch'>) {
    this.#platform = platform;
    this.#devices = devices;
  }

  /** From now to the end of this leg. `before`: the leg whose place it takes. */
  follow(leg: Leg, before?: Leg): void {
    const noted = before && this.#noted.get(before);
    const none: Wish = { wanted: null, substitute: null };
    const call: Followed = {
      leg,
      reopenedAt: noted?.reopenedAt ?? -Infinity,
      input: { ...(noted?.input ?? none) },
      output: { ...(noted?.output ?? none) },
      track: new Listeners(),
    };
    this.#noted.set(leg, call);
    this.#calls.add(call);
    this.#unwatch ??= this.#watch();
    leg.scope.add(() => {
      call.track.dispose();
      this.#calls.delete(call);
      if (this.#calls.size > 0) {
        return;
      }
      this.#unwatch?.();
      this.#unwatch = null;
    });
    const { events } = leg.notices;
    events.on('input', () => this.#watchTrack(call));
    events.on('state', (state) => {
      if (state === 'active' || state === 'held') {
        this.#watchTrack(call);
      }
    });
  }

  #watch(): () => void {
    const { document } = this.#platform;
    const listeners = new Listeners();
    listeners.add(document, 'visibilitychange', () => {
      if (document?.visibilityState !== 'visible') {
        return;
      }
      for (const call of this.#calls) {
        this.#reopenMuted(call);
      }
    });
    const unwatch = this.#devices.watch((change) => {
      for (const call of this.#calls) {
        this.#input(call, change);
        this.#output(call, change);
      }
    });
    return () => {
      listeners.dispose();
      unwatch();
    };
  }

  /**
   * A browser ends the track of a microphone that was unplugged, perhaps before it tells of the devices. It also ends one that gave
   * nothing for some seconds, as after the machine slept: then the same microphone is opened again.
   */
  #watchTrack(call: Followed): void {
    const track = call.leg.media.microphone;
    call.track.dispose();
    if (!track) {
      return;
    }
    const ended = (): void => {
      void this.#devices.enumerate().then((devices) => {
        if (call.leg.media.microphone !== track) {
          return;
        }
        const id = deviceIdOf(track);
        if (has(devices, 'audioinput', id)) {
          this.#reopen(call, id, 'has stopped: it is opened again');
        } else {
          const removed = [{ kind: 'audioinput', deviceId: id } as MediaDeviceInfo];
          this.#input(call, { added: [], removed, devices });
        }
      });
    };
    if (track.readyState === 'ended') {
      ended();
    } else {
      call.track.add(track, 'ended', ended);
    }
  }

  /**
   * iOS mutes the microphone of a page for a telephone call, and may leave it so, without ending it: when the page is seen again it is
   * opened again.
   */
  #reopenMuted(call: Followed): void {
    const track = call.leg.media.microphone;
    if (!track?.muted || track.readyState === 'ended') {
      return;
    }
    this.#reopen(call, deviceIdOf(track), 'was muted by the system: it is opened again');
  }

  #reopen(call: Followed, deviceId: string, what: string): void {
    const now = this.#platform.elapsed();
    if (now - call.reopenedAt < STOPS_AGAIN_MS) {
      return;
    }
    call.reopenedAt = now;
    this.#switch(call.leg, deviceId, what);
  }

  #input(call: Followed, { added, removed, devices }: DeviceChange): void {
    const { leg, input } = call;
    const track = leg.media.microphone;
    if (leg.life.over || !track) {
      return;
    }
    const current = deviceIdOf(track);
    if (has(removed, 'audioinput', current) || (removed.length && track.readyState === 'ended')) {
      const next = substituteFor('audioinput', current, devices);
      if (!next || input.substitute === next) {
        return;
      }
      input.wanted ??= current;
      input.substitute = next;
      this.#switch(leg, next, 'is gone: the call goes on with another');
    } else if (input.wanted && has(added, 'audioinput', input.wanted)) {
      const { wanted, substitute } = input;
      input.wanted = input.substitute = null;
      if (current === substitute || leg.options.micId === substitute) {
        this.#switch(leg, wanted, 'is back');
      }
    }
  }

  #switch(leg: Leg, deviceId: string, what: string): void {
    leg.deps.logger.info(`Call ${leg.id}: the microphone ${what}`);
    void setInput(leg, deviceId, undefined);
  }

  #output({ leg, output }: Followed, { added, removed, devices }: DeviceChange): void {
    const { options, media, deps } = leg;
    const current = options.speakerId;
    if (current && has(removed, 'audiooutput', current)) {
      const next = substituteFor('audiooutput', current, devices);
      if (!next) {
        return;
      }
      output.wanted ??= current;
      output.substitute = options.speakerId = next;
      deps.logger.info(`Call ${leg.id}: the loudspeaker is gone: another one plays`);
      void media.output.setSink(next);
    } else if (output.wanted && has(added, 'audiooutput', output.wanted)) {
      const { wanted, substitute } = output;
      output.wanted = output.substitute = null;
      if (options.speakerId !== substitute) {
        return;
      }
      options.speakerId = wanted;
      deps.logger.info(`Call ${leg.id}: the loudspeaker is back`);
      void media.output.setSink(wanted);
    }
  }
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
