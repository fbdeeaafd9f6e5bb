import { type FileHandle, open } from 'node:fs/promises';
import { connect } from 'node:net';
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
 * it stood. A QEMU that cannot read the state ends, by its own decision.
 * @throws InnError `ENGINE_FAILED`, `CANCELLED`
 */
export async function loadState(engine: QmpCaller, { file, socketPath, signal }: LoadSource): Promise<void> {
  await using input = await open(file);
  const { lengthBytes } = await readHeader(input, file);
  await engine.execute('migrate-incoming', { uri: `unix:${socketPath}` });
  const socket = connect(socketPath);
  // QEMU closes the connection when it has all that it needs, be it before the last byte has gone or after: only its
  // own word counts.
  const failure = await pipeline(
    contentFrom(input, lengthBytes),
    createZstdDecompress({ chunkSize: CHUNK_BYTES }),
    socket,
    { signal },
  ).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  await waitUntilTakenIn(engine, file, signal, failure);
}

async function* contentFrom(file: FileHandle, start: number): AsyncGenerator<Buffer> {
  for (let position = start; ; ) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function waitUntilTakenIn(engine: QmpCaller, file: string, signal: AbortSignal, failure: unknown): Promise<void> {
  for (;;) {
    if (signal.aborted) throw new InnError('CANCELLED', 'The restore was cancelled.');
    let state: string;
    try {
      state = await runState(engine);
    } catch (cause) {
      throw unreadable(file, failure ?? cause);
    }
    if (state !== 'inmigrate') return;
    await sleep(POLL_MS);
  }
}

function unreadable(file: string, cause: unknown): InnError {
  return new InnError('ENGINE_FAILED', `QEMU cannot read the saved state '${file}'.`, {
    hint: 'Discard the saved state; the machine then starts as after a power cut.',
    details: { path: file },
    cause,
  });
}
