import { randomUUID } from 'node:crypto';
import type { HostFile } from '../host-file.ts';
import { damagedImage } from '../image-format.ts';
import type { BlockMap, BlockRun, NewBlocks } from '../mapped-device.ts';
import { encodeUuid, VDI_FIELDS, type VdiHeader } from './vdi-header.ts';

/** Entries of the map that name no room in the file: never written, and discarded. */
export const FREE = 0xffffffff;
export const ZERO = 0xfffffffe;

/** The map as it stands in the file, with the byte order of every processor that Node runs on (little endian). */
export async function readEntries(file: HostFile, { mapOffset, blocks }: VdiHeader): Promise<Uint32Array> {
  const entries = new Uint32Array(blocks);
  await file.read(mapOffset, new Uint8Array(entries.buffer));
  return entries;
}

/**
 * Map of a VDI image. Other programs put a new block behind as many as the header counts, so the blocks in the file must
 * have no gaps: one that is freed is filled with the last one, and the file gets shorter.
 */
export class VdiMap implements BlockMap {
  readonly blockBytes: number;
  readonly #file: HostFile;
  readonly #header: VdiHeader;
  readonly #entries: Uint32Array;
  /** Places behind the last block that is in use. */
  #next: number;
  /** Places before it that nothing uses, left by a program that was killed. */
  #holes: number[];

  /** @param holes places that no entry names, and `next` the first behind them all; see `findPlaces`. */
  constructor(file: HostFile, header: VdiHeader, entries: Uint32Array, places: Places) {
    this.#file = file;
    this.#header = header;
    this.#entries = entries;
    this.#next = places.next;
    this.#holes = [...places.holes];
    this.blockBytes = header.blockBytes;
  }

  async locate(block: number, maxCount: number): Promise<BlockRun> {
    const entry = this.#entryAt(block);
    const isData = entry < ZERO;
    let count = 1;
    while (count < maxCount && this.#entryAt(block + count) === (isData ? entry + count : entry)) count += 1;
    if (!isData) return { kind: entry === ZERO ? 'zero' : 'absent', fileOffset: 0, count };
    return { kind: 'data', fileOffset: this.#placeOffset(entry), count };
  }

  #entryAt(block: number): number {
    const entry = this.#entries[block] ?? FREE;
    if (entry < ZERO && entry >= this.#header.blocks) {
      throw damagedImage(this.#file.path, `its map names a block ${entry} of ${this.#header.blocks}`);
    }
    return entry;
  }

  #placeOffset(place: number): number {
    return this.#header.dataOffset + place * this.blockBytes;
  }

  /** The image's state gets a new identity, by which images that build on it see that it has changed. */
  async touch(): Promise<void> {
    await this.#file.write(VDI_FIELDS.modificationUuid, encodeUuid(randomUUID()));
    await this.#writeCount();
  }

  async allocate(block: number, maxCount: number): Promise<NewBlocks> {
    const hole = this.#holes[0];
    if (hole !== undefined) {
      const commit = async () => {
        this.#holes.shift();
        await this.#enter(block, [hole]);
      };
      return { fileOffset: this.#placeOffset(hole), count: 1, isZeroed: false, commit };
    }
    const first = this.#next;
    const count = Math.min(maxCount, this.#header.blocks - first);
    if (count < 1) throw damagedImage(this.#file.path, 'it has no room for another block');
    const fileOffset = this.#placeOffset(first);
    return {
      fileOffset,
      count,
      isZeroed: this.#file.sizeBytes <= fileOffset,
      commit: async () => {
        this.#next = first + count;
        // Counted before it is entered: another program would put its next block where an uncounted one stands.
        await this.#writeCount();
        await this.#enter(
          block,
          Uint32Array.from({ length: count }, (_, index) => first + index),
        );
      },
    };
  }

  async release(block: number, count: number): Promise<void> {
    if (this.#header.type === 'fixed') return;
    const old = this.#entries.slice(block, block + count);
    const empty = this.#header.type === 'differencing' ? ZERO : FREE;
    const isEmpty = (entry: number) => entry === empty || (entry >= ZERO && empty === FREE);
    if (old.every(isEmpty)) return;
    await this.#enter(
      block,
      old.map((entry) => (isEmpty(entry) ? entry : empty)),
    );
    for (const entry of old) if (entry < this.#header.blocks) this.#holes.push(entry);
    await this.closeGaps();
  }

  /** Moves the last blocks into the holes, and cuts off what is then behind the last one. */
  async closeGaps(): Promise<void> {
    const holes = this.#holes.sort((a, b) => a - b);
    await this.#file.datasync(); // No entry may name on the host's disk what is about to be written over.
    while (holes.at(-1) === this.#next - 1) this.#dropLast();
    const moves: [owner: number, hole: number][] = [];
    while (holes.length > 0) {
      const owner = this.#entries.indexOf(this.#next - 1);
      const hole = holes.shift();
      if (owner < 0 || hole === undefined) throw damagedImage(this.#file.path, 'its map has changed meanwhile');
      await this.#copyBlock(this.#next - 1, hole);
      moves.push([owner, hole]);
      this.#entries[owner] = hole;
      this.#next -= 1;
      while (holes.length > 0 && holes.at(-1) === this.#next - 1) this.#dropLast();
    }
    if (moves.length > 0) await this.#file.datasync();
    for (const [owner, hole] of moves) await this.#enter(owner, [hole]);
    if (moves.length > 0) await this.#file.datasync();
    await this.#writeCount();
    await this.#file.truncate(this.#placeOffset(this.#next));
  }

  #dropLast(): void {
    this.#holes.pop();
    this.#next -= 1;
  }

  async #copyBlock(from: number, to: number): Promise<void> {
    const block = Buffer.allocUnsafe(this.blockBytes);
    await this.#file.read(this.#placeOffset(from), block);
    await this.#file.write(this.#placeOffset(to), block);
  }

  async #enter(block: number, entries: ArrayLike<number>): Promise<void> {
    this.#entries.set(entries, block);
    const { buffer } = this.#entries;
    await this.#file.write(this.#header.mapOffset + block * 4, new Uint8Array(buffer, block * 4, entries.length * 4));
  }

  async #writeCount(): Promise<void> {
    await this.#file.write(VDI_FIELDS.allocatedBlocks, new Uint8Array(Uint32Array.of(this.#next).buffer));
  }
}

export interface Places {
  next: number;
  holes: number[];
}

/**
 * How the places of the file are used. @param onError gets a sentence for each entry that cannot be.
 */
export function findPlaces(
  header: VdiHeader,
  entries: Uint32Array,
  fileBytes: number,
  onError: (why: string) => void,
): Places {
  const isUsed = new Uint8Array(header.blocks);
  let next = 0;
  for (let block = 0; block < entries.length; block += 1) {
    const entry = entries[block] ?? FREE;
    if (entry >= ZERO) continue;
    if (entry >= header.blocks) onError(`its block ${block} lies outside of the disk`);
    else if (header.dataOffset + (entry + 1) * header.blockBytes > fileBytes)
      onError(`it ends before its block ${block}`);
    else if (isUsed[entry]) onError(`its block ${block} shares its place with another`);
    else isUsed[entry] = 1;
    if (entry < header.blocks) next = Math.max(next, entry + 1);
  }
  const holes: number[] = [];
  for (let place = isUsed.indexOf(0); place >= 0 && place < next; place = isUsed.indexOf(0, place + 1))
    holes.push(place);
  return { next, holes };
}
