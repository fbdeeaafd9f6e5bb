/**
 * Boot sectors made by hand: what a guest does to the screen without any system. The BIOS loads them at 0x7C00 in real
 * mode. Each line is one instruction.
 */

const FLOPPY_BYTES = 1_474_560;
const SECTOR_BYTES = 512;

/** `cli` is not used: the BIOS's interrupts go on. */
const HALT = [
  0xf4, // hlt
  ...[0xeb, 0xfd], // jmp to the hlt
];

function floppy(code: number[], data: string = ''): Uint8Array {
  const image = new Uint8Array(FLOPPY_BYTES);
  image.set(code, 0);
  image.set(Buffer.from(data, 'latin1'), code.length);
  if (code.length + data.length > SECTOR_BYTES - 2) throw new Error('the sector is full');
  image.set([0x55, 0xaa], SECTOR_BYTES - 2);
  return image;
}

function word(value: number): [number, number] {
  return [value & 0xff, (value >> 8) & 0xff];
}

function dword(value: number): [number, number, number, number] {
  return [...word(value), ...word(value >>> 16)];
}

/** Prints `text`, one blinking white-on-blue "B", then all that is typed; also sends what is typed to the serial port. */
export function textFloppy(text: string): Uint8Array {
  const code = [
    ...[0xb8, 0x03, 0x00], // mov ax, 0003h     text 80x25
    ...[0xcd, 0x10], // int 10h
    ...[0xbe, 0, 0], // mov si, text
    0xac, // lodsb
    ...[0x84, 0xc0], // test al, al
    ...[0x74, 0x06], // jz to the "B"
    ...[0xb4, 0x0e], // mov ah, 0Eh       print
    ...[0xcd, 0x10], // int 10h
    ...[0xeb, 0xf5], // jmp to the lodsb
    ...[0xb8, 0x42, 0x09], // mov ax, 0942h     "B"
    ...[0xbb, 0x9f, 0x00], // mov bx, 009Fh     blinking, white on blue
    ...[0xb9, 0x01, 0x00], // mov cx, 1
    ...[0xcd, 0x10], // int 10h
    ...[0x31, 0xc0], // xor ax, ax        wait for a key
    ...[0xcd, 0x16], // int 16h
    ...[0xba, 0xf8, 0x03], // mov dx, 03F8h
    0xee, // out dx, al
    ...[0xb4, 0x0e], // mov ah, 0Eh
    ...[0xcd, 0x10], // int 10h
    ...[0xeb, 0xf2], // jmp to the xor
  ];
  code.splice(6, 2, ...word(0x7c00 + code.length));
  return floppy(code, `${text}\0`);
}

/**
 * Mode 13h (320x200, 256 colours): pixel n has the colour n modulo 256. Then waits for 70 retraces of the screen, and
 * sends "R" to the serial port.
 */
export function mode13Floppy(): Uint8Array {
  return floppy([
    ...[0xb8, 0x13, 0x00], // mov ax, 0013h
    ...[0xcd, 0x10], // int 10h
    ...[0xb8, 0x00, 0xa0], // mov ax, A000h
    ...[0x8e, 0xc0], // mov es, ax
    ...[0x31, 0xff], // xor di, di
    ...[0x89, 0xf8], // mov ax, di
    0xaa, // stosb
    ...[0x81, 0xff, 0x00, 0xfa], // cmp di, 64000
    ...[0x72, 0xf7], // jb to the mov
    ...[0xb9, 70, 0], // mov cx, 70
    ...[0xba, 0xda, 0x03], // mov dx, 03DAh
    0xec, // in al, dx
    ...[0xa8, 0x08], // test al, 8
    ...[0x75, 0xfb], // jnz to the in        while in retrace
    0xec, // in al, dx
    ...[0xa8, 0x08], // test al, 8
    ...[0x74, 0xfb], // jz to the in         until the next one
    ...[0xe2, 0xf4], // loop to the first in
    ...[0xba, 0xf8, 0x03], // mov dx, 03F8h
    ...[0xb0, 0x52], // mov al, "R"
    0xee, // out dx, al
    ...HALT,
  ]);
}

/** A VBE mode through the window at A000: each 32-bit word of bank n (64 KiB) is n × `multiplier`. */
export function vbeFloppy(mode: number, banks: number, multiplier: number): Uint8Array {
  return floppy([
    ...[0xb8, 0x02, 0x4f], // mov ax, 4F02h     set the mode
    ...[0xbb, ...word(mode)], // mov bx, mode
    ...[0xcd, 0x10], // int 10h
    ...[0xb8, 0x00, 0xa0], // mov ax, A000h
    ...[0x8e, 0xc0], // mov es, ax
    ...[0x66, 0x31, 0xd2], // xor edx, edx
    ...[0xb8, 0x05, 0x4f], // mov ax, 4F05h     window 0 to bank dx
    ...[0x31, 0xdb], // xor bx, bx
    0x52, // push dx
    ...[0xcd, 0x10], // int 10h
    0x5a, // pop dx
    ...[0x66, 0x69, 0xc2, ...dword(multiplier)], // imul eax, edx, multiplier
    ...[0x31, 0xff], // xor di, di
    ...[0xb9, 0x00, 0x40], // mov cx, 16384
    ...[0xf3, 0x66, 0xab], // rep stosd
    0x42, // inc dx
    ...[0x83, 0xfa, banks], // cmp dx, banks
    ...[0x72, 0xe2], // jb to the mov
    ...[0xba, 0xf8, 0x03], // mov dx, 03F8h
    ...[0xb0, 0x56], // mov al, "V"
    0xee, // out dx, al
    ...HALT,
  ]);
}
