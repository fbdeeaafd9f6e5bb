import { once } from 'node:events';
import { type FileHandle, open } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createZstdDecompress } from 'node:zlib';
import { InnError } from '../../../shared/errors.ts';
import type { QmpCaller } from '../qmp/link.ts';
import { runState } from './migration.ts';
import { readHeader, type StateHeader } from './state-header.ts';

const POLL_MS = 5;
const CHUNK_BYTES = 256 * 1024;

/** @throws InnError `ENGINE_FAILED` when the file is no saved state of QEMU */
export async function readStateHeader(file: string): Promise<StateHeader> {
  await using input = await open(file);
  return (await readHeader(input, file)).header;
}

export interface LoadSource {
  file: string;
  /** Where QEMU takes its state in; a free path in the runtime folder. */
  socketPath: string;
  signal: AbortSignal;
}

/**
 * Gives the saved state to a QEMU that was started for one (`-incoming defer`), and waits until the guest stands where
 * it stood. A QEMU that cannot read the state ends, by its own decision. One that has read it may still have been given
 * damaged memory: QEMU looks at its structure, and only the checksum at the end of the file tells about its content.
 * So the file is read to its end, whatever QEMU says.
 * @throws InnError `ENGINE_FAILED`, `CANCELLED`; the caller ends QEMU then
 */
export async function loadState(engine: QmpCaller, { file, socketPath, signal }: LoadSource): Promise<void> {
  await using input = await open(file);
  const { lengthBytes } = await readHeader(input, file);
  await assertHasChecksum(input, lengthBytes, file);
  await engine.execute('migrate-incoming', { uri: `unix:${socketPath}` });
  const socket = connect(socketPath);
  // Its end says nothing: QEMU closes the connection when it has all that it needs, be it before the last byte or after.
  socket.on('error', () => undefined);
  try {
    await pipeline(
      contentFrom(input, lengthBytes),
      createZstdDecompress({ chunkSize: CHUNK_BYTES }),
      (content: AsyncIterable<Buffer>) => deliver(content, socket),
      { signal },
    );
  } catch (cause) {
    socket.destroy();
    throw signal.aborted ? restoreCancelled() : unreadable(file, cause);
  }
  await waitUntilTakenIn(engine, file, signal);
}

/** Hands over what QEMU still wants, and takes in the rest all the same. */
async function deliver(content: AsyncIterable<Buffer>, socket: Socket): Promise<void> {
  for await (const bytes of content) {
    if (socket.destroyed || socket.write(bytes)) continue;
    const waiting = new AbortController();
    const { signal } = waiting;
    try {
      await Promise.race([once(socket, 'drain', { signal }), once(socket, 'close', { signal })]);
    } catch {
      // The connection failed; `close` follows.
    } finally {
      waiting.abort();
    }
  }
  socket.end();
}

/** Where the frame's header says whether a checksum ends it: byte 4, bit 2 (RFC 8878, section 3.1.1.1.1). */
const DESCRIPTOR_OFFSET = 4;
const HAS_CHECKSUM = 0x04;

/** Without its checksum a state proves nothing, and none is written without one. */
async function assertHasChecksum(input: FileHandle, start: number, file: string): Promise<void> {
  const { buffer, bytesRead } = await input.read(Buffer.alloc(1), 0, 1, start + DESCRIPTOR_OFFSET);
  if (bytesRead === 1 && ((buffer[0] ?? 0) & HAS_CHECKSUM) !== 0) return;
  throw unreadable(file, undefined);
}

async function* contentFrom(file: FileHandle, start: number): AsyncGenerator<Buffer> {
  for (let position = start; ; ) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function waitUntilTakenIn(engine: QmpCaller, file: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    if (signal.aborted) throw restoreCancelled();
    let state: string;
    try {
      state = await runState(engine);
    } catch (cause) {
      throw unreadable(file, cause);
    }
    if (state !== 'inmigrate') return;
    await sleep(POLL_MS);
  }
}

function restoreCancelled(): InnError {
  return new InnError('CANCELLED', 'The restore was cancelled.');
}

function unreadable(file: string, cause: unknown): InnError {
  return new InnError('ENGINE_FAILED', `QEMU cannot read the saved state '${file}'.`, {
    hint: 'Discard the saved state; the machine then starts as after a power cut.',
    details: { path: file },
    cause,
  });
}
