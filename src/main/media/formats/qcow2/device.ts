import { fileError } from '../../../file-error.ts';
import { AsyncLock, InFlight } from '../async-lock.ts';
import { assertInside, type BlockDevice, type Extent, ioError } from '../block-device.ts';
import { HostFile } from '../host-file.ts';
import { type OpenOptions, openBackingOf } from '../image-format.ts';
import { CompressedClusters } from './compressed.ts';
import { readHeader } from './file-header.ts';
import type { Qcow2Header } from './header.ts';
import { Mapping } from './mapping.ts';
import { Qcow2Tables } from './qcow2-tables.ts';
import { Qcow2Reader } from './reader.ts';
import { rebuildRefcounts } from './repair.ts';
import { Qcow2Writer } from './writer.ts';

/** How long new clusters stay known to this process only, when the guest does not flush. */
const COMMIT_AFTER_MS = 2000;

/**
 * Opens a qcow2 image of version 2 or 3. Reads the header and the L1 table; the rest as it is needed. An image whose reference
 * counts its last writer left behind ("dirty") gets new ones first, when it is opened for writing.
 * @throws InnError `IMAGE_INVALID`, `NOT_SUPPORTED`, `FILE_NOT_FOUND`, `FILE_NOT_ACCESSIBLE`
 */
export async function openQcow2(path: string, options: OpenOptions): Promise<BlockDevice> {
  return new Qcow2Device(await openParts(path, options));
}

/** An opened image, before it is a device. */
export interface Qcow2Parts {
  file: HostFile;
  header: Qcow2Header;
  mapping: Mapping;
  /** Undefined when it is read-only. */
  tables: Qcow2Tables | undefined;
  backing: BlockDevice | undefined;
}

/** As `openQcow2`. Whoever makes a device of the parts closes them with it. */
export async function openParts(path: string, options: OpenOptions): Promise<Qcow2Parts> {
  try {
    return await partsOf(await HostFile.open(path, options), options);
  } catch (cause) {
    throw fileError(path, cause);
  }
}

/** As `openParts`, for a file that is open; closes it when it throws. */
export async function partsOf(file: HostFile, options: OpenOptions): Promise<Qcow2Parts> {
  try {
    let header = await readHeader(file);
    if (header.isDirty && !options.isReadOnly) {
      await rebuildRefcounts(file, header);
      header = await readHeader(file);
    }
    const { backing: named } = header;
    const mapping = await Mapping.load(file, header);
    const tables = options.isReadOnly ? undefined : await Qcow2Tables.load(file, header, mapping);
    const backing = named ? await openBackingOf(file.path, named.reference, named.format, options) : undefined;
    return { file, header, mapping, tables, backing };
  } catch (error) {
    await file.close();
    throw error;
  }
}

export class Qcow2Device implements BlockDevice {
  readonly sizeBytes: number;
  readonly isReadOnly: boolean;
  readonly backing: BlockDevice | undefined;
  readonly #file: HostFile;
  readonly #header: Qcow2Header;
  readonly #mapping: Mapping;
  readonly #compressed: CompressedClusters;
  readonly #reader: Qcow2Reader;
  readonly #tables: Qcow2Tables | undefined;
  readonly #writer: Qcow2Writer | undefined;
  /** Held by whoever changes tables. Reads, and writes into clusters that are there, go past it. */
  readonly #lock = new AsyncLock();
  /** Reads and writes, which may use clusters that are being freed. */
  readonly #inFlight = new InFlight();
  readonly #commits = new InFlight();
  #commitTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor({ file, header, mapping, tables, backing }: Qcow2Parts) {
    this.#file = file;
    this.#header = header;
    this.#mapping = mapping;
    this.#tables = tables;
    this.backing = backing;
    this.sizeBytes = header.virtualSizeBytes;
    this.isReadOnly = tables === undefined;
    this.#compressed = new CompressedClusters(file, header);
    const { clusterSize } = header;
    this.#reader = new Qcow2Reader(file, mapping, this.#compressed, { clusterSize, backing });
    this.#writer = tables && new Qcow2Writer(file, header, mapping, this.#reader, tables);
  }

  async read(offset: number, target: Uint8Array): Promise<void> {
    assertInside(this, offset, target.length);
    this.#assertOpen();
    await this.#inFlight.track(this.#reader.read(offset, target));
  }

  async write(offset: number, data: Uint8Array): Promise<void> {
    assertInside(this, offset, data.length);
    const { tables, writer } = this.#writable();
    await this.#inFlight.track(this.#write(offset, data, tables, writer));
  }

  async discard(offset: number, lengthBytes: number): Promise<void> {
    assertInside(this, offset, lengthBytes);
    const { tables, writer } = this.#writable();
    await this.#inFlight.track(this.#discard(offset, lengthBytes, tables, writer));
  }

  async #discard(offset: number, lengthBytes: number, tables: Qcow2Tables, writer: Qcow2Writer): Promise<void> {
    const { clusterSize } = this.#header;
    const isToTheEnd = offset + lengthBytes === this.sizeBytes;
    const first = Math.ceil(offset / clusterSize) * clusterSize;
    const end = (isToTheEnd ? Math.ceil : Math.floor)((offset + lengthBytes) / clusterSize) * clusterSize;
    for (let position = first; position < end; ) {
      position += await this.#change(tables, () => writer.discard(position, end - position));
    }
  }

  async extentAt(offset: number, lengthBytes: number): Promise<Extent> {
    assertInside(this, offset, lengthBytes);
    this.#assertOpen();
    const run = await this.#mapping.map(offset, lengthBytes);
    const isEmpty = run.kind === 'zero' || (run.kind === 'absent' && this.backing === undefined);
    return {
      kind: isEmpty ? 'zero' : run.kind === 'absent' ? 'absent' : 'data',
      lengthBytes: run.lengthBytes,
    };
  }

  async flush(): Promise<void> {
    const tables = this.#tables;
    if (tables === undefined) return;
    this.#assertOpen();
    if (tables.isDirty) await this.#commit(tables);
    else await this.#file.datasync();
  }

  /** Writes the tables that are in memory only, then closes the backing image too. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      await this.#inFlight.settled();
      await this.#commits.settled();
      const tables = this.#tables;
      while (tables?.isDirty) await this.#commit(tables); // Twice, when clusters were freed: their counts shrink last.
    } finally {
      clearTimeout(this.#commitTimer);
      await this.#file.close();
      await this.backing?.close();
    }
  }

  async #write(offset: number, data: Uint8Array, tables: Qcow2Tables, writer: Qcow2Writer): Promise<void> {
    for (let done = 0; done < data.length; ) {
      const rest = data.subarray(done);
      const run = await this.#mapping.map(offset + done, rest.length);
      if (run.kind === 'data' && run.isOwned && !this.#header.hasAutoclear) {
        await writer.overwrite(run, rest);
        done += run.lengthBytes;
      } else {
        const position = offset + done;
        done += await this.#change(tables, () => writer.write(position, rest));
      }
    }
  }

  /** Runs a task that changes tables. */
  #change<T>(tables: Qcow2Tables, task: () => Promise<T>): Promise<T> {
    return this.#lock.run(async () => {
      await tables.clearAutoclear();
      // What becomes free here waits for the next flush: to release it, this task itself would have to be over.
      if (tables.isCrowded) tables.free(await tables.commit());
      try {
        return await task();
      } finally {
        this.#commitSoon(tables);
      }
    });
  }

  #commit(tables: Qcow2Tables): Promise<void> {
    return this.#commits.track(this.#commitAndRelease(tables));
  }

  async #commitAndRelease(tables: Qcow2Tables): Promise<void> {
    const freed = await this.#lock.run(() => tables.commit());
    if (freed.length === 0) return;
    await this.#inFlight.settled(); // Those may still use the clusters, having looked them up before.
    this.#compressed.forgetAll();
    await this.#lock.run(() => tables.release(freed));
    this.#commitSoon(tables);
  }

  #commitSoon(tables: Qcow2Tables): void {
    if (this.#commitTimer !== undefined || this.#isClosed) return;
    const run = (): void => {
      this.#commitTimer = undefined;
      // When it fails, everything stays as it was, and the guest's next flush tries again and hears of it.
      if (tables.isDirty && !this.#isClosed) this.#commit(tables).catch(() => {});
    };
    this.#commitTimer = setTimeout(run, tables.hasManyFreed ? 0 : COMMIT_AFTER_MS);
    this.#commitTimer.unref();
  }

  #writable(): { tables: Qcow2Tables; writer: Qcow2Writer } {
    this.#assertOpen();
    if (this.#tables && this.#writer) return { tables: this.#tables, writer: this.#writer };
    throw ioError('EROFS', `'${this.#file.path}' is read-only.`);
  }

  #assertOpen(): void {
    if (this.#isClosed) throw ioError('EBADF', `'${this.#file.path}' is closed.`);
  }
}
