import type { CallNotices } from './notices.ts';

const ACTIONS: Readonly<Record<string, string>> = {
  bootObj: 'bootstrap',
  add: 'add',
  modify: 'modify',
  del: 'delete',
  clear: 'clear',
};

/** A row of a live array: `[id, number, name, codec, media as JSON text, extra]`. */
function participant(callId: string, index: number, row: unknown): Record<string, unknown> {
  const [participantId, participantNumber, participantName, codec, media, participantData] = (
    Array.isArray(row) ? row : []
  ) as unknown[];
  let parsed: unknown = media;
  try {
    parsed = JSON.parse(String(media));
  } catch {
    // Some gateways send it as an object.
  }
  return {
    callId,
    index,
    participantId: Number(participantId),
    participantNumber,
    participantName,
    codec,
    media: parsed,
    participantData,
  };
}

/** `OK`, or `INVALID_PACKET` for what is not one. */
export function conferenceUpdate(notices: CallNotices, packet: unknown): string {
  const { action, data, hashKey, arrIndex } = (packet ?? {}) as Record<string, unknown>;
  const name = ACTIONS[String(action)];
  if (!name) {
    return 'INVALID_PACKET';
  }
  let fields: Record<string, unknown> = {};
  if (name === 'bootstrap') {
    const rows = Array.isArray(data) ? (data as [string, unknown][]) : [];
    fields = { participants: rows.map(([key, row], index) => participant(key, index, row)) };
  } else if (name !== 'clear') {
    fields = participant(String(hashKey), Number(arrIndex), data);
  }
  notices.notify('conferenceUpdate', { action: name, ...fields });
  return 'OK';
}
