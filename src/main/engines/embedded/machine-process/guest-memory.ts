import type { Emulator, EmulatorCpu } from './emulator-types.ts';

const PAGE_BYTES = 4096;
/** Looked at as one before its pages are: most of a guest's memory was never touched. */
const BLOCK_PAGES = 256;

/**
 * Makes v86 save and load guest memory without touching what is empty. Its own way writes zeros over all of the memory
 * before it loads, so that a restored guest of 2 GiB takes 2 GiB of the host, and it asks for each page by itself. What it
 * writes into a state stays the same.
 */
export function patchMemoryImages({ v86: { cpu } }: Emulator): void {
  cpu.pack_memory = () => packMemory(cpu);
  cpu.unpack_memory = (bitmap, contents) => unpackMemory(cpu, bitmap, contents);
}

function packMemory(cpu: EmulatorCpu): { bitmap: { get_buffer(): ArrayBuffer }; packed_memory: Uint8Array } {
  const memory = memoryOf(cpu);
  const pages = usedPages(cpu, memory.length / PAGE_BYTES);
  const bits = new Uint8Array(Math.ceil(memory.length / PAGE_BYTES / 8));
  const contents = new Uint8Array(pages.length * PAGE_BYTES);
  for (const [index, page] of pages.entries()) {
    bits[page >> 3] = (bits[page >> 3] ?? 0) | (1 << (page & 7));
    contents.set(memory.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES), index * PAGE_BYTES);
  }
  return { bitmap: { get_buffer: () => bits.buffer }, packed_memory: contents };
}

function usedPages(cpu: EmulatorCpu, pageCount: number): number[] {
  const pages: number[] = [];
  for (let block = 0; block < pageCount; block += BLOCK_PAGES) {
    const end = Math.min(pageCount, block + BLOCK_PAGES);
    if (cpu.is_memory_zeroed(block * PAGE_BYTES, (end - block) * PAGE_BYTES)) continue;
    for (let page = block; page < end; page += 1) {
      if (!cpu.is_memory_zeroed(page * PAGE_BYTES, PAGE_BYTES)) pages.push(page);
    }
  }
  return pages;
}

function unpackMemory(cpu: EmulatorCpu, bitmap: { get(page: number): number }, contents: Uint8Array): void {
  const memory = memoryOf(cpu);
  for (const page of usedPages(cpu, memory.length / PAGE_BYTES)) {
    if (!bitmap.get(page)) memory.fill(0, page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
  }
  let offset = 0;
  for (let page = 0; page < memory.length / PAGE_BYTES; page += 1) {
    if (!bitmap.get(page)) continue;
    memory.set(contents.subarray(offset, offset + PAGE_BYTES), page * PAGE_BYTES);
    offset += PAGE_BYTES;
  }
}

/** Guest memory without the proxy that v86 has around it. Not to be kept: it moves when the emulator takes more. */
function memoryOf({ wasm_memory, mem8, memory_size }: EmulatorCpu): Uint8Array {
  return new Uint8Array(wasm_memory.buffer, mem8.byteOffset, memory_size[0]);
}
