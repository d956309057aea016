import type { RecordedPacket } from './track-buffer.ts';

export type RecordedTrack = 'local' | 'remote';

/** What an upload belongs to. */
export interface RecordingIdentity {
  readonly call_report_id: string;
  readonly call_id: string;
  readonly voice_sdk_id?: string;
  /** `<callID>-<start in base 36>` */
  readonly recording_id: string;
}

/** The body of one `POST /call_recording` (wire spec 16). */
export interface RecordingEnvelope extends RecordingIdentity {
  readonly segment: 'intermediate' | 'final';
  readonly track: RecordedTrack;
  readonly codec: 'pcm-f32-le';
  readonly sample_rate: number;
  readonly channels: 1;
  readonly started_at: string;
  readonly ended_at: string;
  readonly packet_count: number;
  readonly byte_count: number;
  readonly packets: readonly {
    readonly rtp_seq: number;
    readonly rtp_ts: number;
    readonly rtp_ssrc: number;
    readonly captured_at: string;
    readonly payload_b64: string;
  }[];
}

export function envelope(
  identity: RecordingIdentity,
  part: Pick<RecordingEnvelope, 'segment' | 'track' | 'sample_rate' | 'started_at' | 'ended_at'>,
  packets: readonly RecordedPacket[],
): RecordingEnvelope {
  return {
    ...identity,
    ...part,
    codec: 'pcm-f32-le',
    channels: 1,
    packet_count: packets.length,
    byte_count: packets.reduce((sum, packet) => sum + packet.samples.byteLength, 0),
    packets: packets.map(({ samples, ...packet }) => ({ ...packet, payload_b64: base64(samples) })),
  };
}

/** 32-bit floats, little-endian whatever the machine. */
function base64(samples: Float32Array): string {
  const bytes = new Uint8Array(samples.length * 4);
  const view = new DataView(bytes.buffer);
  samples.forEach((sample, index) => {
    view.setFloat32(index * 4, sample, true);
  });
  let text = '';
  for (const byte of bytes) {
    text += String.fromCharCode(byte);
  }
  return btoa(text);
}
