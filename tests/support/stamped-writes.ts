export const SECTOR = 512;
export const WRITES_PER_FLUSH = 7;
const MAX_SECTORS = 200;

/** The write of this number: always the same place and bytes. Each sector carries the write's number and its own. */
export function stampedWrite(number: number, diskBytes: number): { offset: number; data: Buffer } {
  const sectors = diskBytes / SECTOR;
  const hash = Math.imul(number, 0x9e3779b1) >>> 0;
  const count = 1 + ((hash >>> 8) % MAX_SECTORS);
  const first = hash % (sectors - count);
  const data = Buffer.alloc(count * SECTOR, number & 255);
  for (let index = 0; index < count; index++) {
    data.writeUInt32LE(number, index * SECTOR);
    data.writeUInt32LE(first + index, index * SECTOR + 4);
  }
  return { offset: first * SECTOR, data };
}

/**
 * Checks a disk to which the writes from 1 on were done, and ended somewhere behind `flushed`.
 * @returns what is wrong, or undefined.
 */
export function findLost(seen: Buffer, before: Buffer, flushed: number): string | undefined {
  const wanted = Buffer.from(before);
  for (let number = 1; number <= flushed; number++) {
    const { offset, data } = stampedWrite(number, seen.length);
    wanted.set(data, offset);
  }
  for (let at = 0; at < seen.length; at += SECTOR) {
    const sector = seen.subarray(at, at + SECTOR);
    if (sector.equals(wanted.subarray(at, at + SECTOR))) continue;
    const number = sector.readUInt32LE(0);
    if (number <= flushed || number > flushed + 10 * WRITES_PER_FLUSH)
      return `sector ${at / SECTOR} is of no write since`;
    const { offset, data } = stampedWrite(number, seen.length);
    if (!sector.equals(data.subarray(at - offset, at - offset + SECTOR))) return `sector ${at / SECTOR} is garbage`;
  }
  return undefined;
}
