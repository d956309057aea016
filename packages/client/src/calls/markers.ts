import { createError } from '../errors/telnyx-error.ts';
import { resolveElement } from '../media/playback.ts';
import type { PlainCallOptions, MediaElementSource, SipHeader } from '../options.ts';
import type { CallDeps } from './deps.ts';
import type { Leg } from './leg.ts';
import type { Direction } from './parts.ts';

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
export function markersOf(legs: readonly Leg[]): readonly CallMarker[] {
  return legs
    .filter(({ dialog, life }) => dialog.known && !life.over)
    .map(({ id, direction, life, dialog, media, answeredAt, options, deps }) => {
      const idOf = (source: MediaElementSource | undefined): string | undefined =>
        (typeof source === 'string' ? source : resolveElement(deps.platform, source)?.id) ||
        undefined;
      return {
        id,
        direction,
        held: life.phase === 'held' || dialog.held,
        muted: media.muted,
        answeredAt,
        customHeaders: options.customHeaders,
        remoteElement: idOf(options.remoteElement),
        localElement: idOf(options.localElement),
      };
    });
}

/** What the page before this one left of a call. It comes from storage, so nothing in it is taken for granted. */
export function markerOf(
  restored: readonly unknown[],
  callId: string,
  document: Document | undefined,
): {
  options: PlainCallOptions;
  held: boolean;
  direction: Direction | undefined;
  answeredAt: number | undefined;
} {
  const marker = (restored.find((each) => idOf(each) === callId) ?? {}) as Partial<
    Record<keyof CallMarker, unknown>
  >;
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
export function tellMissing(
  restored: readonly unknown[],
  callIDs: readonly string[],
  error: CallDeps['error'],
): void {
  for (const marker of restored) {
    const callId = idOf(marker);
    if (callId === undefined || callIDs.includes(callId)) {
      continue;
    }
    error(createError(48501), { callId, customHeaders: headersOf(marker) });
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
