import type { BlockDevice } from '../../../media/formats/block-device.ts';
import type { DiskBuffer } from './emulator-types.ts';

/** What failed. The request is kept; `retry` tries it again. */
export interface DiskFailure {
  operation: 'read' | 'write' | 'flush';
  error: Error;
}

interface Request {
  operation: DiskFailure['operation'];
  run(): Promise<void>;
  /** Runs in the emulator. */
  done(): void;
}

export interface DiskOptions {
  sectorBytes: number;
  /** Size that the guest sees when it is more than the device's; the rest reads as zeros and takes no writes. */
  paddedBytes?: number;
  onFailure(failure: DiskFailure): void;
  /** Wraps calls into the emulator, so that its exceptions are caught in one place. */
  guard(callback: () => void): void;
}

/**
 * A block device in the form in which v86 wants a disk. Requests run one after another in the order in which they came:
 * v86 tells the guest that a PIO write is done before it is, and a later read must see it. A request that fails stays at
 * the head of the queue, with all that follow behind it, until `retry`.
 */
export class V86Disk implements DiskBuffer {
  onload: (() => void) | undefined;
  readonly byteLength: number;
  #device: BlockDevice;
  readBytes = 0;
  writtenBytes = 0;
  readOperations = 0;
  writeOperations = 0;
  flushOperations = 0;
  failure: DiskFailure | undefined;
  readonly #options: DiskOptions;
  readonly #queue: Request[] = [];
  #isBusy = false;
  #idleWaiters: (() => void)[] = [];
  #firstSector: Uint8Array | undefined;

  constructor(device: BlockDevice, options: DiskOptions) {
    this.#device = device;
    this.#options = options;
    const size = Math.max(device.sizeBytes, options.paddedBytes ?? 0);
    this.byteLength = Math.ceil(size / options.sectorBytes) * options.sectorBytes;
  }

  get device(): BlockDevice {
    return this.#device;
  }

  /** Goes on with another device of the same content and size; returns the old one. Nothing may be under way. */
  replaceDevice(device: BlockDevice): BlockDevice {
    const old = this.#device;
    this.#device = device;
    return old;
  }

  /** Runs work between two requests of the guest; its failure is the caller's alone. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const run = () => work().then(resolve, reject);
    this.#push({ operation: 'flush', run, done: () => undefined });
    return promise;
  }

  /** v86 asks for the master boot record without waiting, to guess the disk's geometry. */
  async prepare(): Promise<void> {
    const sector = new Uint8Array(Math.min(512, this.byteLength));
    await this.#read(0, sector);
    this.#firstSector = sector;
  }

  load(): void {
    this.onload?.();
  }

  get(offset: number, length: number, done: (data: Uint8Array) => void): void {
    const target = new Uint8Array(length);
    this.#push({ operation: 'read', run: () => this.#read(offset, target), done: () => done(target) });
  }

  set(offset: number, data: Uint8Array, done: () => void): void {
    const copy = data.slice(); // v86 goes on using its buffer
    this.#push({ operation: 'write', run: () => this.#write(offset, copy), done });
  }

  /** Everything written before is on the host's disk when `done` is called. */
  flush(done: () => void): void {
    const run = async (): Promise<void> => {
      this.flushOperations += 1;
      await this.device.flush();
    };
    this.#push({ operation: 'flush', run, done });
  }

  get_and_cache(offset: number, length: number, done: (data: Uint8Array) => void): void {
    this.get(offset, length, done);
  }

  get_from_cache(offset: number, length: number): Uint8Array | undefined {
    return offset === 0 ? this.#firstSector?.subarray(0, length) : undefined;
  }

  get_buffer(done: (buffer: ArrayBuffer | undefined) => void): void {
    done(undefined);
  }

  /** The content of a disk is no part of a saved state: it stays in its file. */
  get_state(): unknown[] {
    return [this.byteLength];
  }

  set_state(): void {}

  /** Requests that are not done yet. */
  get pending(): number {
    return this.#queue.length;
  }

  /** Resolves when no request is under way. @throws Error when one has failed and waits for `retry`. */
  async idle(): Promise<void> {
    while (this.#queue.length > 0) {
      if (this.failure) throw this.failure.error;
      await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
    }
  }

  retry(): void {
    this.failure = undefined;
    this.#next();
  }

  #push(request: Request): void {
    this.#queue.push(request);
    this.#next();
  }

  #next(): void {
    const request = this.#queue[0];
    if (request === undefined || this.#isBusy || this.failure) return;
    this.#isBusy = true;
    request.run().then(
      () => {
        this.#isBusy = false;
        this.#queue.shift();
        this.#options.guard(() => request.done());
        this.#settle();
      },
      (error: Error) => {
        this.#isBusy = false;
        this.failure = { operation: request.operation, error };
        this.#options.onFailure(this.failure);
        this.#settle();
      },
    );
  }

  #settle(): void {
    this.#next();
    if (this.#isBusy) return;
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const resolve of waiters) resolve();
  }

  async #read(offset: number, target: Uint8Array): Promise<void> {
    const inside = Math.max(0, Math.min(target.length, this.device.sizeBytes - offset));
    await this.device.read(offset, target.subarray(0, inside));
    this.readBytes += target.length;
    this.readOperations += 1;
  }

  async #write(offset: number, data: Uint8Array): Promise<void> {
    const inside = Math.max(0, Math.min(data.length, this.device.sizeBytes - offset));
    await this.device.write(offset, data.subarray(0, inside));
    this.writtenBytes += data.length;
    this.writeOperations += 1;
  }
}
