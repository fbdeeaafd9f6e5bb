import { writeFile } from 'node:fs/promises';
import path from 'node:path';

const ORIGIN = 0x7c00;
const DISK_BYTES = 1024 ** 2;
const u16 = (value: number): number[] => [value & 0xff, value >> 8];

/**
 * xor ax, ax; mov ds, ax; cld; mov si, text
 * print: lodsb; test al, al; jz end; mov dx, 0x3f8; out dx, al; jmp print
 * end: what comes then
 */
function printing(text: string, then: number[]): number[] {
  const print = [0xac, 0x84, 0xc0, 0x74, 0x06, 0xba, 0xf8, 0x03, 0xee, 0xeb, 0xf5];
  const start = [0x31, 0xc0, 0x8e, 0xd8, 0xfc, 0xbe];
  const textAddress = ORIGIN + start.length + 2 + print.length + then.length;
  return [...start, ...u16(textAddress), ...print, ...then, ...Buffer.from(`${text}\0`)];
}

export const BOOT_SECTORS = {
  /** Says so on the serial port, and halts for good: cli; hlt; jmp $-1 */
  halting: printing('BOOTED', [0xfa, 0xf4, 0xeb, 0xfd]),
  /** Says so, and keeps its processor busy for ever: jmp $ */
  spinning: printing('BOOTED', [0xeb, 0xfe]),
  /**
   * Puts there what would be a ring of requests, were a device told to have one at address 0: one request, for descriptor 2,
   * whose buffer lies behind the end of memory (VIRTIO 1.2, 2.7). Then busy for ever.
   * cli; mov word [2], 1; mov word [4], 2; mov dword [20h], 7ffffff0h; mov dword [24h], 0; mov dword [28h], 100h;
   * mov dword [2ch], 2; jmp $
   */
  ringAtZero: printing('BOOTED', [
    ...[0xfa, 0xc7, 0x06, 0x02, 0x00, 0x01, 0x00, 0xc7, 0x06, 0x04, 0x00, 0x02, 0x00],
    ...[0x66, 0xc7, 0x06, 0x20, 0x00, 0xf0, 0xff, 0xff, 0x7f, 0x66, 0xc7, 0x06, 0x24, 0x00, 0x00, 0x00, 0x00, 0x00],
    ...[0x66, 0xc7, 0x06, 0x28, 0x00, 0x00, 0x01, 0x00, 0x00, 0x66, 0xc7, 0x06, 0x2c, 0x00, 0x02, 0x00, 0x00, 0x00],
    ...[0xeb, 0xfe],
  ]),
  /**
   * Takes a software interrupt in protected mode without a table of interrupts: v86 has no answer to that and traps.
   * cli; xor ax, ax; mov ds, ax; lidt [zeros]; mov eax, cr0; or al, 1; mov cr0, eax; int 0x80
   */
  crashing: [
    ...[0xfa, 0x31, 0xc0, 0x8e, 0xd8, 0x0f, 0x01, 0x1e, ...u16(ORIGIN + 0x40)],
    ...[0x0f, 0x20, 0xc0, 0x0c, 0x01, 0x0f, 0x22, 0xc0, 0xcd, 0x80],
  ],
};

/** Writes a disk whose first sector is this code, and returns its path. */
export async function writeBootDisk(folder: string, code: number[]): Promise<string> {
  const file = path.join(folder, 'boot.img');
  const disk = Buffer.alloc(DISK_BYTES);
  disk.set(code);
  disk.writeUInt16LE(0xaa55, 510);
  await writeFile(file, disk);
  return file;
}
