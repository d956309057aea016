import { createError } from '../errors/telnyx-error.ts';
import { resolveElement } from '../media/playback.ts';
import type { ICallOptions, MediaElementSource, SipHeader } from '../options.ts';
import type { CallCore, CallHost, Direction } from './core.ts';

/** What a page that is reloaded needs to know of one of its calls, beside what the gateway tells. */
interface CallMarker {
  readonly id: string;
  readonly direction: Direction;
  readonly held: boolean;
  readonly muted: boolean;
  readonly answeredAt: number | undefined;
  readonly customHeaders: SipHeader[] | undefined;
  /** Ids in the document; elements without one cannot be found again. */
  readonly remoteElement: string | undefined;
  readonly localElement: string | undefined;
}

/** Of the calls that the gateway may keep. */
export function markersOf(cores: readonly CallCore[]): readonly CallMarker[] {
  return cores
    .filter((core) => core.known && !core.isOver)
    .map(({ id, direction, phase, media, call, options, deps }) => {
      const idOf = (source: MediaElementSource | undefined): string | undefined =>
        (typeof source === 'string' ? source : resolveElement(deps.platform, source)?.id) ||
        undefined;
      return {
        id,
        direction,
        held: phase === 'held' || options.wasHeldBeforeRecovery === true,
        muted: media.muted,
        answeredAt: call.answeredAt,
        customHeaders: options.customHeaders,
        remoteElement: idOf(options.remoteElement),
        localElement: idOf(options.localElement),
      };
    });
}

/** What the page before this one left of a call. It comes from storage, so nothing in it is taken for granted. */
export function markerOf(
  host: CallHost,
  callId: string,
): {
  options: ICallOptions;
  held: boolean;
  direction: Direction | undefined;
  answeredAt: number | undefined;
} {
  const marker = (host.restored.find((each) => idOf(each) === callId) ?? {}) as Partial<
    Record<keyof CallMarker, unknown>
  >;
  const { document } = host.deps.platform;
  const element = (name: 'remoteElement' | 'localElement'): object => {
    const id = marker[name];
    return typeof id === 'string' && document?.getElementById(id) ? { [name]: id } : {};
  };
  const { direction, answeredAt } = marker;
  const headers = headersOf(marker);
  return {
    options: {
      ...(headers.length ? { customHeaders: headers } : {}),
      ...(typeof marker.muted === 'boolean' ? { mutedMicOnStart: marker.muted } : {}),
      ...element('remoteElement'),
      ...element('localElement'),
    },
    held: marker.held === true,
    direction: direction === 'inbound' || direction === 'outbound' ? direction : undefined,
    answeredAt: typeof answeredAt === 'number' ? answeredAt : undefined,
  };
}

/** Calls of the page before this one that the gateway has no more: each is told once. */
export function tellMissing(host: CallHost, callIDs: readonly string[]): void {
  const { restored, deps } = host;
  host.restored = [];
  for (const marker of restored) {
    const callId = idOf(marker);
    if (callId === undefined || callIDs.includes(callId)) continue;
    deps.error(createError(48501), { callId, customHeaders: headersOf(marker) });
  }
}

function idOf(marker: unknown): string | undefined {
  const { id } = (marker ?? {}) as Partial<Record<keyof CallMarker, unknown>>;
  return typeof id === 'string' ? id : undefined;
}

function headersOf(marker: unknown): SipHeader[] {
  const { customHeaders } = marker as Partial<Record<keyof CallMarker, unknown>>;
  return Array.isArray(customHeaders)
    ? customHeaders.filter(
        (header: unknown): header is SipHeader =>
          typeof (header as Partial<SipHeader> | null)?.name === 'string' &&
          typeof (header as Partial<SipHeader>).value === 'string',
      )
    : [];
}
