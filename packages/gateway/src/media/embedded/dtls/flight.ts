import { HANDSHAKE_HEADER, writeHandshake } from './handshake.ts';
import type { HandshakeMessage } from './handshake.ts';
import { RECORD, RECORD_HEADER, writeRecord } from './record.ts';
import type { RecordCipher } from './record.ts';

export type FlightItem =
  | { readonly kind: 'message'; readonly message: HandshakeMessage }
  | { readonly kind: 'changeCipherSpec' };

/** Fits every path that WebRTC media fits. */
const MAX_DATAGRAM = 1_200;
const SEAL_OVERHEAD = 24;

/** Numbers our records, and packs what we say into datagrams. */
export class FlightWriter {
  readonly #sequences = [0, 0];

  /** The datagrams of a flight. A repetition has the same messages in records of new numbers (RFC 6347, 4.2.4). */
  write(items: readonly FlightItem[], cipher: RecordCipher | null): Buffer[] {
    let epoch = 0;
    const datagrams: Buffer[][] = [[]];
    const add = (record: Buffer): void => {
      const last = datagrams.at(-1) ?? [];
      const size = last.reduce((sum, { length }) => sum + length, 0);
      if (size > 0 && size + record.length > MAX_DATAGRAM) {
        datagrams.push([record]);
      } else {
        last.push(record);
      }
    };
    for (const item of items) {
      if (item.kind === 'changeCipherSpec') {
        add(this.#record(RECORD.changeCipherSpec, Buffer.from([1]), 0, null));
        epoch = 1;
        continue;
      }
      const room = MAX_DATAGRAM - RECORD_HEADER - HANDSHAKE_HEADER - SEAL_OVERHEAD;
      const { message } = item;
      for (let from = 0; from === 0 || from < message.body.length; from += room) {
        const piece = writeHandshake(message, from, from + room);
        add(this.#record(RECORD.handshake, piece, epoch, epoch > 0 ? cipher : null));
      }
    }
    return datagrams.map((records) => Buffer.concat(records));
  }

  /** A fatal alert in the clear: the party need not wait for its own time-out. */
  failure(): Buffer {
    const fatal = 2;
    const handshakeFailure = 40;
    return this.#record(RECORD.alert, Buffer.from([fatal, handshakeFailure]), 0, null);
  }

  #record(type: number, body: Buffer, epoch: number, cipher: RecordCipher | null): Buffer {
    const sequence = this.#sequences[epoch] ?? 0;
    this.#sequences[epoch] = sequence + 1;
    const record = { type, epoch, sequence, body };
    return writeRecord(cipher ? cipher.seal(record) : record);
  }
}
