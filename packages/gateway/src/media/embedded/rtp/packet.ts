import type { RtpView } from './rtp.ts';

/** A packet of a party, opened. */
export interface RtpPacket {
  /** One object for each RTP source of the party. */
  readonly source: object;
  readonly view: RtpView;
  /** Extended sequence number. */
  readonly index: number;
  readonly payload: Buffer;
  /** Bytes on the wire. */
  readonly size: number;
}
