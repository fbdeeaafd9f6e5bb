import { describe, expect, it } from 'vitest';
import { type DiskFailure, V86Disk } from '../../../src/main/engines/embedded/machine-process/v86-disk-buffer.ts';
import { type BlockDevice, type Extent, ioError } from '../../../src/main/media/formats/block-device.ts';

/** A device in memory that does what it is told, when it is told. */
class ScriptedDevice implements BlockDevice {
  readonly isReadOnly = false;
  readonly bytes: Uint8Array;
  readonly calls: string[] = [];
  /** Errors for the next calls. */
  readonly errors: (Error | undefined)[] = [];

  constructor(sizeBytes: number) {
    this.bytes = new Uint8Array(sizeBytes);
  }

  get sizeBytes(): number {
    return this.bytes.length;
  }

  async read(offset: number, target: Uint8Array): Promise<void> {
    this.#step(`read ${offset}+${target.length}`);
    target.set(this.bytes.subarray(offset, offset + target.length));
  }

  async write(offset: number, data: Uint8Array): Promise<void> {
    this.#step(`write ${offset}+${data.length}`);
    this.bytes.set(data, offset);
  }

  async discard(offset: number, lengthBytes: number): Promise<void> {
    this.#step(`discard ${offset}+${lengthBytes}`);
  }

  async extentAt(_offset: number, lengthBytes: number): Promise<Extent> {
    return { kind: 'data', lengthBytes };
  }

  async flush(): Promise<void> {
    this.#step('flush');
  }

  async close(): Promise<void> {
    this.#step('close');
  }

  #step(call: string): void {
    this.calls.push(call);
    const error = this.errors.shift();
    if (error) throw error;
  }
}

function makeDisk(device: BlockDevice, options: { paddedBytes?: number } = {}) {
  const failures: DiskFailure[] = [];
  const onFailure = (failure: DiskFailure) => failures.push(failure);
  const disk = new V86Disk(device, { sectorBytes: 512, onFailure, guard: (callback) => callback(), ...options });
  return { disk, failures };
}

const sector = (value: number): Uint8Array => new Uint8Array(512).fill(value);

describe('a disk of the emulator', () => {
  it('lets a read see the write before it, though the guest was told at once that it is done', async () => {
    const { disk } = makeDisk(new ScriptedDevice(4096));
    const data = sector(7);
    disk.set(512, data, () => {});
    data.fill(9); // the emulator goes on using its buffer
    const seen = await new Promise<Uint8Array>((resolve) => disk.get(512, 512, resolve));
    expect(seen).toEqual(sector(7));
  });

  it('flushes after what was written before', async () => {
    const device = new ScriptedDevice(4096);
    const { disk } = makeDisk(device);
    disk.set(0, sector(1), () => {});
    disk.set(1024, sector(2), () => {});
    await new Promise<void>((resolve) => disk.flush(resolve));
    expect(device.calls).toEqual(['write 0+512', 'write 1024+512', 'flush']);
  });

  it('keeps a request that failed, and those behind it, until it is tried again', async () => {
    const device = new ScriptedDevice(4096);
    const full = ioError('ENOSPC', 'no space left on device');
    device.errors.push(full, full);
    const { disk, failures } = makeDisk(device);
    const done: string[] = [];
    disk.set(0, sector(5), () => done.push('write'));
    disk.get(0, 512, (data) => done.push(`read ${data[0]}`));
    await expect(disk.idle()).rejects.toBe(full);
    expect(done).toEqual([]);
    disk.retry();
    await expect(disk.idle()).rejects.toBe(full);
    disk.retry();
    await disk.idle();
    expect(done).toEqual(['write', 'read 5']);
    expect(failures).toEqual([
      { operation: 'write', error: full },
      { operation: 'write', error: full },
    ]);
    expect(disk.failure).toBeUndefined();
  });

  it('shows an image of odd size in whole sectors, and never lets it grow', async () => {
    const device = new ScriptedDevice(700);
    const { disk } = makeDisk(device);
    expect(disk.byteLength).toBe(1024);
    disk.set(512, sector(3), () => {});
    const seen = await new Promise<Uint8Array>((resolve) => disk.get(512, 512, resolve));
    expect([seen[187], seen[188]]).toEqual([3, 0]);
    expect(device.sizeBytes).toBe(700);
  });

  it('can be shown larger than its image, as a floppy is', () => {
    expect(makeDisk(new ScriptedDevice(512), { paddedBytes: 163_840 }).disk.byteLength).toBe(163_840);
  });

  it('has its first sector at hand, for the geometry that v86 reads from it', async () => {
    const device = new ScriptedDevice(4096);
    device.bytes[510] = 0x55;
    const { disk } = makeDisk(device);
    expect(disk.get_from_cache(0, 512)).toBeUndefined();
    await disk.prepare();
    expect(disk.get_from_cache(0, 512)?.[510]).toBe(0x55);
    expect(disk.get_from_cache(512, 512)).toBeUndefined();
  });

  it('counts bytes and operations', async () => {
    const { disk } = makeDisk(new ScriptedDevice(4096));
    disk.set(0, sector(1), () => {});
    disk.get(0, 1024, () => {});
    disk.flush(() => {});
    await disk.idle();
    expect(disk).toMatchObject({
      writtenBytes: 512,
      writeOperations: 1,
      readBytes: 1024,
      readOperations: 1,
      flushOperations: 1,
    });
  });
});
