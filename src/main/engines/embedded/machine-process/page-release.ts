import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { log } from '../../../processes/process-log.ts';
import type { EmulatorCpu } from './emulator-types.ts';

export const PAGE_BYTES = 4096;
/** Pages are given back in blocks: each piece of memory that is mapped apart counts against a limit of the system. */
const BLOCK_PAGES = 16;
const BLOCK_BYTES = BLOCK_PAGES * PAGE_BYTES;

/** A file of memory that can lie over a part of a WebAssembly memory (V8's memory control proposal). */
interface MemoryMap {
  map(memory: object, offset: number): unknown;
  unmap(): void;
}

/** Gives pages that a guest does not use back to the host. */
export class PageRelease {
  readonly #cpu: EmulatorCpu;
  /** One bit per page of a block: given away by the guest. */
  readonly #given: Uint16Array;
  #map: MemoryMap | null | undefined;

  constructor(cpu: EmulatorCpu) {
    this.#cpu = cpu;
    this.#given = new Uint16Array(Math.ceil((cpu.memory_size[0] ?? 0) / BLOCK_BYTES));
  }

  /** The guest has given these pages away. They are empty then; where whole blocks are, the host has them back. */
  release(pages: Uint32Array): void {
    const full = new Set<number>();
    for (const page of pages) {
      const block = Math.floor(page / BLOCK_PAGES);
      if (block >= this.#given.length) continue; // a guest can write any number there
      this.#cpu.zero_memory(page * PAGE_BYTES, PAGE_BYTES);
      const given = (this.#given[block] ?? 0) | (1 << (page % BLOCK_PAGES));
      this.#given[block] = given;
      if (given === 0xffff) full.add(block);
    }
    for (const block of full) this.#discard(block);
  }

  /** The guest uses these pages again. */
  take(pages: Uint32Array): void {
    for (const page of pages) {
      const block = Math.floor(page / BLOCK_PAGES);
      this.#given[block] = (this.#given[block] ?? 0) & ~(1 << (page % BLOCK_PAGES));
    }
  }

  /** Lays a file over the block and takes it away again: what comes up from below is new, and takes no memory. */
  #discard(block: number): void {
    if (this.#map === undefined) this.#map = makeMap();
    const { wasm_memory, mem8 } = this.#cpu;
    try {
      this.#map?.map(wasm_memory, mem8.byteOffset + block * BLOCK_BYTES);
      this.#map?.unmap();
    } catch (error) {
      log('memory that the guest gave away cannot be given back to the host', error);
      this.#map = null;
    }
  }
}

/** Whether this JavaScript engine can give memory of a WebAssembly program back. Where not, it is only emptied. */
function makeMap(): MemoryMap | null {
  try {
    setFlagsFromString('--experimental-wasm-memory-control'); // counts for contexts that are made from now on
    const Descriptor: (new (bytes: number) => MemoryMap) | undefined = runInNewContext(
      'WebAssembly.MemoryMapDescriptor',
    );
    return Descriptor === undefined ? null : new Descriptor(BLOCK_BYTES);
  } catch (error) {
    log('memory cannot be given back to the host here', error);
    return null;
  }
}
