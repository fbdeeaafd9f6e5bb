import { writeFileSync } from 'node:fs';

const SECTOR = 512;
const SECTORS = 2048;
const FAT_SECTORS = 6;
/** First sector of the data: boot sector, one allocation table, one sector of root directory. */
const DATA = 1 + FAT_SECTORS + 1;
const END_OF_CHAIN = 0xfff;

/** A disk with a FAT12 file system from which UEFI starts a program that says a word on COM1; nobody has signed it. */
export function makeEfiDisk(file: string, word: string): void {
  const program = makeProgram(word);
  const image = Buffer.alloc(SECTORS * SECTOR);
  writeBootSector(image);
  const clusters = Math.ceil(program.length / SECTOR);
  const chain = [0xff8, 0xfff, END_OF_CHAIN, END_OF_CHAIN];
  for (let index = 0; index < clusters; index += 1) chain.push(index === clusters - 1 ? END_OF_CHAIN : 5 + index);
  writeTable(image.subarray(SECTOR, (1 + FAT_SECTORS) * SECTOR), chain);
  const at = (cluster: number): number => (DATA + cluster - 2) * SECTOR;
  entry('EFI', 2).copy(image, (1 + FAT_SECTORS) * SECTOR);
  Buffer.concat([entry('.', 2), entry('..', 0), entry('BOOT', 3)]).copy(image, at(2));
  Buffer.concat([entry('.', 3), entry('..', 2), entry('BOOTX64', 4, { ending: 'EFI', size: program.length })]).copy(
    image,
    at(3),
  );
  program.copy(image, at(4));
  writeFileSync(file, image);
}

/** Microsoft FAT specification, "Boot Sector and BPB". */
function writeBootSector(image: Buffer): void {
  Buffer.from([0xeb, 0x3c, 0x90]).copy(image);
  image.write('INNKEEPR', 3, 'latin1');
  image.writeUInt16LE(SECTOR, 11);
  image.writeUInt8(1, 13); // sectors of a cluster
  image.writeUInt16LE(1, 14); // reserved sectors
  image.writeUInt8(1, 16); // allocation tables
  image.writeUInt16LE(SECTOR / 32, 17); // entries of the root directory
  image.writeUInt16LE(SECTORS, 19);
  image.writeUInt8(0xf8, 21);
  image.writeUInt16LE(FAT_SECTORS, 22);
  image.writeUInt16LE(0xaa55, 510);
}

/** Two entries of 12 bits in three bytes. */
function writeTable(table: Buffer, chain: readonly number[]): void {
  for (const [index, value] of chain.entries()) {
    const at = Math.floor(index * 1.5);
    const old = table.readUInt16LE(at);
    table.writeUInt16LE(index % 2 === 0 ? (old & 0xf000) | value : (old & 0x000f) | (value << 4), at);
  }
}

function entry(name: string, cluster: number, file?: { ending: string; size: number }): Buffer {
  const bytes = Buffer.alloc(32);
  bytes.write(name.padEnd(8) + (file?.ending ?? '').padEnd(3), 'latin1');
  bytes.writeUInt8(file ? 0x20 : 0x10, 11);
  bytes.writeUInt16LE(cluster, 26);
  bytes.writeUInt32LE(file?.size ?? 0, 28);
  return bytes;
}

const CODE_OFFSET = 0x200;
const CODE_ADDRESS = 0x1000;

/** A PE32+ program for UEFI (Microsoft PE format): one section that writes to port 0x3f8, then halts. */
function makeProgram(word: string): Buffer {
  const text = Buffer.from(`\r\n${word}\r\n\0`, 'latin1');
  // lea rsi,[rip+text]; mov dx,0x3f8; next: lodsb; test al,al; jz halt; out dx,al; jmp next; halt: cli; hlt; jmp halt
  const code = Buffer.from([
    ...[0x48, 0x8d, 0x35, 0x10, 0, 0, 0, 0x66, 0xba, 0xf8, 0x03],
    ...[0xac, 0x84, 0xc0, 0x74, 0x03, 0xee, 0xeb, 0xf8, 0xfa, 0xf4, 0xeb, 0xfc],
  ]);
  const image = Buffer.alloc(CODE_OFFSET + SECTOR);
  image.write('MZ', 0, 'latin1');
  image.writeUInt32LE(0x40, 0x3c);
  image.write('PE\0\0', 0x40, 'latin1');
  writeHeaders(image);
  Buffer.concat([code, text]).copy(image, CODE_OFFSET);
  return image;
}

function writeHeaders(image: Buffer): void {
  const [coff, optional] = [0x44, 0x58];
  image.writeUInt16LE(0x8664, coff); // x86-64
  image.writeUInt16LE(1, coff + 2); // sections
  image.writeUInt16LE(0xf0, coff + 16); // size of the optional header
  image.writeUInt16LE(0x0022, coff + 18); // executable, large addresses
  image.writeUInt16LE(0x20b, optional); // PE32+
  image.writeUInt32LE(SECTOR, optional + 4); // size of code
  image.writeUInt32LE(CODE_ADDRESS, optional + 16); // entry point
  image.writeUInt32LE(CODE_ADDRESS, optional + 20); // base of code
  image.writeUInt32LE(0x1000, optional + 32); // alignment in memory
  image.writeUInt32LE(0x200, optional + 36); // alignment in the file
  image.writeUInt32LE(0x2000, optional + 56); // size in memory
  image.writeUInt32LE(CODE_OFFSET, optional + 60); // size of the headers
  image.writeUInt16LE(10, optional + 68); // EFI application
  image.writeUInt32LE(16, optional + 108); // data directories
  const section = optional + 0xf0;
  image.write('.text\0\0\0', section, 'latin1');
  image.writeUInt32LE(SECTOR, section + 8);
  image.writeUInt32LE(CODE_ADDRESS, section + 12);
  image.writeUInt32LE(SECTOR, section + 16);
  image.writeUInt32LE(CODE_OFFSET, section + 20);
  image.writeUInt32LE(0x60000020, section + 36); // code, executable, readable
}
