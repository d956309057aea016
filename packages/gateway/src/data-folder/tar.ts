/** Files one after the other in one: POSIX.1-1988's ustar, as `tar` writes and reads it. Regular files only. */
import type { FileHandle } from 'node:fs/promises';

const BLOCK = 512;
const PIECE = 1024 * 1024;
/** Twelve octal digits less the end: 8 GiB. Beyond it the size is binary (GNU's base-256). */
const OCTAL_LIMIT = 0o77777777777;

export class TarError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TarError';
  }
}

export interface TarEntry {
  readonly name: string;
  readonly size: number;
  /** To be read before the next entry; what is left is passed over. */
  readonly content: AsyncIterable<Uint8Array>;
}

/** Everything of an open file, piece by piece, from `at` on and for `size` bytes. @throws {TarError} when it ends before */
export async function* pieces(file: FileHandle, at: number, size: number): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafe(Math.min(PIECE, Math.max(1, size)));
  for (let done = 0; done < size;) {
    const { bytesRead } = await file.read(
      buffer,
      0,
      Math.min(buffer.length, size - done),
      at + done,
    );
    if (bytesRead === 0) {
      throw new TarError('it ends in the middle of a file');
    }
    yield buffer.subarray(0, bytesRead);
    done += bytesRead;
  }
}

export async function writeEntry(
  file: FileHandle,
  name: string,
  size: number,
  content: AsyncIterable<Uint8Array>,
): Promise<void> {
  await writeAll(file, header(name, size));
  for await (const piece of content) {
    await writeAll(file, piece);
  }
  await writeAll(file, Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK));
}

/** After the last entry. */
export async function writeEnd(file: FileHandle): Promise<void> {
  await writeAll(file, Buffer.alloc(2 * BLOCK));
}

/** @throws {TarError} when it is no archive, or ends before its end */
export async function* readTar(file: FileHandle): AsyncGenerator<TarEntry> {
  const head = Buffer.alloc(BLOCK);
  for (let at = 0; ;) {
    await readAll(file, head, at);
    at += BLOCK;
    if (head.every((byte) => byte === 0)) {
      return;
    }
    const { name, size } = parseHeader(head);
    yield { name, size, content: pieces(file, at, size) };
    at += Math.ceil(size / BLOCK) * BLOCK;
  }
}

function header(name: string, size: number): Buffer {
  const head = Buffer.alloc(BLOCK);
  const { prefix, rest } = split(name);
  head.write(rest, 0, 100, 'utf8');
  head.write('0000600\0', 100, 'latin1');
  head.write('0000000\0', 108, 'latin1');
  head.write('0000000\0', 116, 'latin1');
  writeSize(head, size);
  head.write(
    `${Math.floor(Date.now() / 1000)
      .toString(8)
      .padStart(11, '0')}\0`,
    136,
    'latin1',
  );
  head.write('0', 156, 'latin1');
  head.write('ustar\u000000', 257, 'latin1');
  head.write(prefix, 345, 155, 'utf8');
  head.write(`${checksum(head).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return head;
}

/** A name of up to 100 bytes, with up to 155 of its folders before it. */
function split(name: string): { prefix: string; rest: string } {
  if (Buffer.byteLength(name) <= 100) {
    return { prefix: '', rest: name };
  }
  const cut = name.lastIndexOf('/');
  const prefix = name.slice(0, Math.max(0, cut));
  const rest = name.slice(cut + 1);
  if (prefix === '' || Buffer.byteLength(prefix) > 155 || Buffer.byteLength(rest) > 100) {
    throw new TarError(`the name ${name} is too long for an archive; back up to a folder instead`);
  }
  return { prefix, rest };
}

function writeSize(head: Buffer, size: number): void {
  if (size <= OCTAL_LIMIT) {
    head.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
    return;
  }
  head.writeUInt8(0x80, 124);
  head.writeBigUInt64BE(BigInt(size), 128);
}

function parseHeader(head: Buffer): { name: string; size: number } {
  const told = Number.parseInt(text(head, 148, 8), 8);
  if (told !== checksum(head)) {
    throw new TarError('it is no archive, or it is damaged');
  }
  const type = String.fromCharCode(head.readUInt8(156));
  if (type !== '0' && type !== '\0') {
    throw new TarError('it holds something that is no file; a backup holds files only');
  }
  const binary = head.readUInt8(124) === 0x80;
  const size = binary ? Number(head.readBigUInt64BE(128)) : Number.parseInt(text(head, 124, 12), 8);
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new TarError('it is damaged');
  }
  const prefix = text(head, 345, 155);
  const rest = text(head, 0, 100);
  return { name: prefix === '' ? rest : `${prefix}/${rest}`, size };
}

/** The sum of all bytes, those of the sum itself counted as blanks. */
function checksum(head: Buffer): number {
  let sum = 0;
  for (const [index, byte] of head.entries()) {
    sum += index >= 148 && index < 156 ? 32 : byte;
  }
  return sum;
}

function text(head: Buffer, at: number, length: number): string {
  const field = head.subarray(at, at + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? length : end).trim();
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done);
    done += bytesWritten;
  }
}

async function readAll(file: FileHandle, into: Buffer, at: number): Promise<void> {
  for (let done = 0; done < into.length;) {
    const { bytesRead } = await file.read(into, done, into.length - done, at + done);
    if (bytesRead === 0) {
      throw new TarError('it ends before its end');
    }
    done += bytesRead;
  }
}
