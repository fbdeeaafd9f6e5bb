import { once } from 'node:events';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress } from 'node:zlib';
import { InnError } from '../../../shared/errors.ts';
import type { QmpCaller } from '../qmp/link.ts';
import { type Switchover, sendStateInFlight } from './in-flight.ts';
import { sendState, standStill } from './migration.ts';
import { withDisksParked } from './parked-disks.ts';
import { type StateHeader, writeHeader } from './state-header.ts';

/** Level 1 is as fast as most disks, and memory shrinks to a quarter. */
const COMPRESSION = {
  params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 },
  chunkSize: 256 * 1024,
};

export interface SaveTarget {
  file: string;
  /** Where QEMU sends its state; a free path in the runtime folder. */
  socketPath: string;
  /** Where disks are written down that are closed meanwhile. */
  parkedFile: string;
  header: StateHeader;
  signal: AbortSignal;
}

/**
 * Stops the guest and writes its state to the file, aside and renamed; the guest stands still afterwards, also when
 * it went wrong.
 * @throws InnError `ENGINE_FAILED`, `NOT_SUPPORTED`, `DISK_FULL`, `FILE_NOT_ACCESSIBLE`, `CANCELLED`; no file is left then
 */
export async function writeState(engine: QmpCaller, target: SaveTarget): Promise<void> {
  await writeAside(target, async (output) => {
    await standStill(engine);
    await withDisksParked(engine, target.parkedFile, () =>
      receive(target, output, (socketPath) => sendState(engine, socketPath, target.signal)),
    );
  });
}

/**
 * Writes the state of a guest that runs, while it goes on, as of the moment of the switchover.
 * @throws InnError as `writeState`, and what the switchover throws
 */
export async function writeStateInFlight(engine: QmpCaller, target: SaveTarget, switchover: Switchover): Promise<void> {
  await writeAside(target, (output) =>
    receive(target, output, (socketPath) => sendStateInFlight(engine, socketPath, target.signal, switchover)),
  );
}

async function writeAside(
  { file, signal, header }: SaveTarget,
  write: (output: FileHandle) => Promise<void>,
): Promise<void> {
  const aside = `${file}.new`;
  try {
    {
      await using output = await open(aside, 'w', 0o600);
      await output.write(writeHeader(header));
      await write(output);
      await output.sync();
    }
    if (signal.aborted) throw new InnError('CANCELLED', 'Saving the state was cancelled.');
    await rename(aside, file);
  } catch (error) {
    await rm(aside, { force: true });
    throw explain(error, file);
  }
}

async function receive(
  { socketPath, signal }: SaveTarget,
  output: FileHandle,
  send: (socketPath: string) => Promise<void>,
): Promise<void> {
  await rm(socketPath, { force: true });
  const receiver = await listen(socketPath, (socket) =>
    pipeline(socket, createZstdCompress(COMPRESSION), async (compressed: AsyncIterable<Buffer>) => {
      for await (const bytes of compressed) await output.writeFile(bytes); // goes on where the last one ended
    }),
  );
  try {
    await send(socketPath);
    await receiver.received();
  } catch (error) {
    // A file that cannot be written ends the connection, which QEMU reports; the file's own error says more.
    const failure = await receiver.received().then(
      () => undefined,
      (cause: unknown) => cause,
    );
    throw signal.aborted ? error : (failure ?? error);
  } finally {
    receiver.close();
    await rm(socketPath, { force: true });
  }
}

interface Receiver {
  /** Resolves when the one connection there was has been taken in; at once when there was none. */
  received(): Promise<void>;
  close(): void;
}

async function listen(socketPath: string, take: (socket: Socket) => Promise<void>): Promise<Receiver> {
  const server = createServer();
  let taking: Promise<void> = Promise.resolve();
  server.once('connection', (socket) => {
    taking = take(socket);
    taking.catch(() => undefined); // `received` tells
  });
  server.listen(socketPath);
  await once(server, 'listening');
  return { received: () => taking, close: () => server.close() };
}

const FILE_ERRORS: Record<string, 'DISK_FULL' | 'FILE_NOT_ACCESSIBLE'> = {
  ENOSPC: 'DISK_FULL',
  EDQUOT: 'DISK_FULL',
  EFBIG: 'DISK_FULL',
  ENOENT: 'FILE_NOT_ACCESSIBLE',
  EACCES: 'FILE_NOT_ACCESSIBLE',
  EPERM: 'FILE_NOT_ACCESSIBLE',
  EROFS: 'FILE_NOT_ACCESSIBLE',
};

function explain(error: unknown, file: string): unknown {
  const errno = error instanceof Error && 'code' in error ? String(error.code) : '';
  const code = error instanceof InnError ? undefined : FILE_ERRORS[errno];
  if (code === undefined) return error;
  const why = code === 'DISK_FULL' ? 'the disk is full' : `it cannot be written (${errno})`;
  return new InnError(code, `The state was not saved to '${file}': ${why}.`, {
    hint: code === 'DISK_FULL' ? 'Make room and try again; the machine goes on.' : 'Check who may write there.',
    details: { path: file },
    cause: error,
  });
}
