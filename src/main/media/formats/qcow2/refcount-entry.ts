/** Entries of a block of reference counts ("Refcount block entry"): 1 to 64 bits wide, narrow ones packed from the lowest bit. */

/** Reads one count. Counts beyond 2^53 come out as `Infinity`: no image has as many references. */
export function readRefcount(block: Buffer, index: number, order: number): number {
  if (order === 4) return block.readUInt16BE(index * 2);
  if (order < 3) {
    const bits = 1 << order;
    const position = index * bits;
    return ((block[position >>> 3] ?? 0) >>> (position & 7)) & ((1 << bits) - 1);
  }
  if (order === 3) return block[index] ?? 0;
  if (order === 5) return block.readUInt32BE(index * 4);
  const high = block.readUInt32BE(index * 8);
  return high >= 2 ** 21 ? Number.POSITIVE_INFINITY : high * 2 ** 32 + block.readUInt32BE(index * 8 + 4);
}

/** @param value must fit into the width. */
export function writeRefcount(block: Buffer, index: number, order: number, value: number): void {
  if (order === 4) block.writeUInt16BE(value, index * 2);
  else if (order < 3) writePacked(block, index, order, value);
  else if (order === 3) block.writeUInt8(value, index);
  else if (order === 5) block.writeUInt32BE(value, index * 4);
  else {
    block.writeUInt32BE(Math.floor(value / 2 ** 32), index * 8);
    block.writeUInt32BE(value % 2 ** 32, index * 8 + 4);
  }
}

function writePacked(block: Buffer, index: number, order: number, value: number): void {
  const bits = 1 << order;
  const position = index * bits;
  const shift = position & 7;
  const rest = (block[position >>> 3] ?? 0) & ~(((1 << bits) - 1) << shift);
  block[position >>> 3] = rest | (value << shift);
}

/** Largest count that the width holds. */
export function maxRefcount(order: number): number {
  return order >= 6 ? Number.MAX_SAFE_INTEGER : 2 ** (1 << order) - 1;
}

/** Bytes of the block that hold the entry: first, and one behind the last. */
export function refcountBytes(index: number, count: number, order: number): [from: number, to: number] {
  const bits = 1 << order;
  return [(index * bits) >>> 3, Math.ceil(((index + count) * bits) / 8)];
}
