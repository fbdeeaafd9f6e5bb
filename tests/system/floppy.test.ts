import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeHome, type RealCore, startRealCore, tearDown } from '../support/real-core.ts';
import { SerialConsole } from '../support/serial-console.ts';

const FLOPPY_BYTES = 1_474_560;
const SECTOR_BYTES = 512;

/** Prints what the second sector of the floppy says, to the serial port; and again at each byte that comes from there. */
const READER = [
  ...[0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xc0, 0xfc], // xor ax, ax; mov ds, ax; mov es, ax; cld
  ...[0xeb, 0x0c], // jmp to the reset
  ...[0xba, 0xfd, 0x03, 0xec, 0xa8, 0x01, 0x74, 0xf8], // mov dx, 3fdh; in al, dx; test al, 1; jz to the mov
  ...[0xba, 0xf8, 0x03, 0xec], // mov dx, 3f8h; in al, dx
  ...[0x31, 0xc0, 0x31, 0xd2, 0xcd, 0x13], // xor ax, ax; xor dx, dx; int 13h: resets the drive
  ...[0xb8, 0x01, 0x02, 0xbb, 0x00, 0x7e], // mov ax, 0201h; mov bx, 7e00h
  ...[0xb9, 0x02, 0x00, 0x31, 0xd2, 0xcd, 0x13], // mov cx, 2; xor dx, dx; int 13h: reads the sector
  ...[0x72, 0xeb], // jc to the reset: a floppy that was changed says so first
  ...[0xbe, 0x00, 0x7e], // mov si, 7e00h
  ...[0xac, 0x84, 0xc0, 0x74, 0xd7], // lodsb; test al, al; jz to the wait
  ...[0xba, 0xf8, 0x03, 0xee, 0xeb, 0xf5], // mov dx, 3f8h; out dx, al; jmp to the lodsb
];

function writeFloppy(file: string, text: string): string {
  const image = Buffer.alloc(FLOPPY_BYTES);
  image.set(READER);
  image.writeUInt16LE(0xaa55, SECTOR_BYTES - 2);
  image.write(`${text}\n`, SECTOR_BYTES, 'latin1');
  writeFileSync(file, image);
  return file;
}

describe.each(['embedded', 'qemu'] as const)('a floppy (%s)', (engine) => {
  let core: RealCore;
  beforeAll(async () => {
    core = await startRealCore(await makeHome());
  });
  afterAll(() => tearDown(core));

  it('is what a machine starts from, and can be changed while it runs', async () => {
    const { machine, medium } = core.client;
    const floppyPath = writeFloppy(path.join(core.home, 'first.img'), 'I am the first');
    await machine.create({ name: 'old', engine, osType: 'other-32', floppyPath, diskSizeBytes: null });
    await machine.start({ machine: 'old' });
    await using serial = new SerialConsole(await core.connection.openChannel('old', 'serial'));
    await serial.expect('I am the first');

    const second = writeFloppy(path.join(core.home, 'second.img'), 'I am the second');
    const { id } = await medium.register({ path: second, kind: 'floppy' });
    await machine.changeMedium({ machine: 'old', controller: 'Floppy', port: 0, device: 0, mediumId: id });
    serial.send('');
    await serial.expect('I am the second');
    expect((await machine.get({ machine: 'old' })).state).toBe('Running');
    await machine.powerOff({ machine: 'old' });
  }, 300_000);
});
