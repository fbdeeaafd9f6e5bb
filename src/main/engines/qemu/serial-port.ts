import { type FSWatcher, statSync, watch } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { InnError } from '../../../shared/errors.ts';

/** How much of the past a viewer gets, as from the embedded engine. */
const HISTORY_BYTES = 64 * 1024;
const CHUNK_BYTES = 64 * 1024;
/** From this size on, output that everybody has read is given back to the file system. */
const TRIM_BYTES = 16 * 1024 ** 2;
/** What stat(2) counts in. */
const BLOCK_BYTES = 512;
/** Where the host has no watch on files left. */
const POLL_MS = 50;

/**
 * The serial port of a running QEMU for any number of viewers. QEMU itself serves one client, and only with what is
 * written while it is connected; so viewers read the file into which QEMU writes all output, and their input goes
 * together over one connection to the socket.
 */
export class SerialPort {
  readonly #outputFile: string;
  readonly #socketPath: string;
  readonly #viewers = new Set<Viewer>();
  #input: Socket | undefined;
  #watcher: FSWatcher | undefined;
  #poll: NodeJS.Timeout | undefined;

  constructor(paths: { outputFile: string; socketPath: string }) {
    this.#outputFile = paths.outputFile;
    this.#socketPath = paths.socketPath;
  }

  /**
   * A stream of the port: first the latest output, then what comes.
   * @throws InnError `ENGINE_FAILED` when the port's output is not there
   */
  async open(): Promise<Duplex> {
    const file = await this.#openOutput();
    const { size } = await file.stat();
    const viewer = new Viewer(file, Math.max(0, size - HISTORY_BYTES), (bytes, done) => this.#send(bytes, done));
    this.#viewers.add(viewer);
    viewer.once('close', () => {
      this.#viewers.delete(viewer);
      if (this.#viewers.size === 0) this.#unwatch();
    });
    this.#watch();
    viewer.wake();
    return viewer;
  }

  /** Gives the space of old output back. What comes later keeps its place in the file, so viewers read on. */
  async trim(): Promise<void> {
    // Asked with every sample: one look is enough as long as there is little, and one at once costs next to nothing.
    const seen = statSync(this.#outputFile, { throwIfNoEntry: false }); // a missing one is told of below
    if (seen && seen.blocks * BLOCK_BYTES <= TRIM_BYTES) return;
    await using file = await this.#openOutput('r+');
    const { size, blocks } = await file.stat();
    const isBehind = [...this.#viewers].some((viewer) => viewer.position < size);
    if (blocks * BLOCK_BYTES > TRIM_BYTES && !isBehind) await file.truncate(0);
  }

  /** The machine is gone, or was let go of: viewers get what is left, then the end. */
  close(): void {
    this.#input?.destroy();
    this.#unwatch();
    for (const viewer of this.#viewers) viewer.finish();
  }

  async #openOutput(flags = 'r'): Promise<FileHandle> {
    try {
      return await open(this.#outputFile, flags);
    } catch (cause) {
      throw new InnError('ENGINE_FAILED', "The engine's serial port cannot be reached.", { cause });
    }
  }

  #send(bytes: Buffer, done: (error?: Error | null) => void): void {
    this.#input ??= this.#connect();
    this.#input.write(bytes, done);
  }

  #connect(): Socket {
    const socket = connect(this.#socketPath);
    socket.resume(); // the same output comes from the file; unread, it would stop the guest
    socket.unref();
    socket.on('error', () => socket.destroy()); // the write that failed tells its viewer
    socket.once('close', () => {
      if (this.#input === socket) this.#input = undefined;
    });
    return socket;
  }

  #watch(): void {
    if (this.#watcher || this.#poll) return;
    const wake = (): void => {
      for (const viewer of this.#viewers) viewer.wake();
    };
    const poll = (): void => {
      this.#watcher?.close();
      this.#watcher = undefined;
      this.#poll ??= setInterval(wake, POLL_MS).unref();
    };
    try {
      this.#watcher = watch(this.#outputFile, { persistent: false }, wake).on('error', poll);
    } catch {
      poll();
    }
  }

  #unwatch(): void {
    this.#watcher?.close();
    clearInterval(this.#poll);
    this.#watcher = this.#poll = undefined;
  }
}

type Send = (bytes: Buffer, done: (error?: Error | null) => void) => void;

/** One reader of the output, at its own pace. */
class Viewer extends Duplex {
  position: number;
  readonly #file: FileHandle;
  readonly #send: Send;
  /** True until the first byte was read: a file that was trimmed begins with zeros. */
  #isInHole = true;
  #isWanted = false;
  #isReading = false;
  #isNews = false;
  #isFinished = false;

  constructor(file: FileHandle, position: number, send: Send) {
    super({ allowHalfOpen: false });
    this.#file = file;
    this.position = position;
    this.#send = send;
    this.on('error', () => undefined); // as of every channel: 'close' follows and says enough
  }

  /** There may be more to read. */
  wake(): void {
    this.#isNews = true;
    void this.#pump();
  }

  finish(): void {
    this.#isFinished = true;
    this.wake();
  }

  override _read(): void {
    this.#isWanted = true;
    void this.#pump();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send(chunk, done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#file.close().then(
      () => done(error),
      () => done(error),
    );
  }

  async #pump(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      while (this.#isWanted && this.#isNews && !this.destroyed) await this.#readOnce();
    } catch (cause) {
      this.destroy(cause instanceof Error ? cause : new Error(String(cause)));
    } finally {
      this.#isReading = false;
    }
  }

  async #readOnce(): Promise<void> {
    this.#isNews = false;
    const { buffer, bytesRead } = await this.#file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, this.position);
    this.position += bytesRead;
    if (bytesRead === 0) {
      if (this.#isFinished && !this.destroyed) this.#end();
      return;
    }
    this.#isNews = true;
    const bytes = this.#withoutHole(buffer.subarray(0, bytesRead));
    if (bytes.length === 0 || this.destroyed) return;
    this.#isWanted = this.push(bytes);
  }

  #end(): void {
    this.#isWanted = false;
    this.push(null);
    this.end();
  }

  #withoutHole(bytes: Buffer): Buffer {
    if (!this.#isInHole) return bytes;
    const first = bytes.findIndex((byte) => byte !== 0);
    this.#isInHole = first === -1;
    return first === -1 ? Buffer.alloc(0) : bytes.subarray(first);
  }
}
