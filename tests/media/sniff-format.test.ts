import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspectImage } from '../../src/main/media/inspect-image.ts';
import {
  isoBytes,
  qcow2Bytes,
  rawBytes,
  vdiBytes,
  vhdBytes,
  vhdxBytes,
  vmdkBytes,
  writeImage,
} from '../support/images.ts';
import { refusalOf } from '../support/refusal.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const MIB = 1024 * 1024;

describe('a disk image', () => {
  const formats = {
    raw: rawBytes(2048),
    qcow2: qcow2Bytes(MIB),
    vdi: vdiBytes(MIB),
    vmdk: vmdkBytes(MIB),
    vhd: vhdBytes(MIB),
    vhdx: vhdxBytes(MIB),
  };

  it.each(Object.entries(formats))(
    'of the format %s is known by its contents, whatever its name',
    async (format, bytes) => {
      const path = writeImage(makeTempFolder(), 'misleading.iso', bytes);
      expect(await inspectImage(path, 'disk')).toEqual({ location: path, format, virtualSizeBytes: MIB });
    },
  );

  it('of the format vhd is known by the copy of its footer, when its end was cut off', async () => {
    const footer = vhdBytes(MIB, 3).subarray(-512);
    const path = writeImage(makeTempFolder(), 'disk.vhd', Buffer.concat([footer, Buffer.alloc(8192)]));
    expect(await inspectImage(path, 'disk')).toMatchObject({ format: 'vhd', virtualSizeBytes: MIB });
  });

  const outsiders = {
    'a qcow2 with a backing file': qcow2Bytes(MIB, { backingFile: true }),
    'a qcow2 with an external data file': qcow2Bytes(MIB, { dataFile: true }),
    'a differencing VDI': vdiBytes(MIB, 4),
    'a differencing VHD': vhdBytes(MIB, 4),
    'a VMDK with a parent': vmdkBytes(MIB, 'parentFileNameHint="/etc/shadow"'),
    'a VMDK that only describes others': Buffer.from('# Disk DescriptorFile\nRW 63 FLAT "/etc/shadow" 0\n'),
    'a VHDX with a parent': vhdxBytes(MIB, true),
  };

  it.each(Object.entries(outsiders))('is refused when it refers to other files: %s', async (_, bytes) => {
    const path = writeImage(makeTempFolder(), 'disk.img', bytes);
    const refusal = await refusalOf(() => inspectImage(path, 'disk'));
    expect(refusal).toMatchObject({ code: 'IMAGE_INVALID', details: { path } });
    expect(refusal.hint).toContain('Convert');
  });

  const broken = {
    'an empty file': Buffer.alloc(0),
    'a file that ends within a sector': Buffer.alloc(1000),
    'a qcow2 header of nothing': qcow2Bytes(0),
    'a VDI of an absurd size': (() => {
      const image = vdiBytes(MIB);
      image.writeBigUInt64LE(2n ** 63n, 0x170);
      return image;
    })(),
    'a qcow2 that was cut': qcow2Bytes(MIB).subarray(0, 60),
    'a VHDX that was cut': vhdxBytes(MIB).subarray(0, 200 * 1024),
    'a gzip of an image': Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.alloc(510)]),
    'an xz of an image': Buffer.concat([Buffer.from('\xfd7zXZ\0', 'latin1'), Buffer.alloc(506)]),
  };

  it.each(Object.entries(broken))('is refused when it cannot be one: %s', async (_, bytes) => {
    const path = writeImage(makeTempFolder(), 'disk.img', bytes);
    const refusal = await refusalOf(() => inspectImage(path, 'disk'));
    expect(refusal).toMatchObject({ code: 'IMAGE_INVALID' });
    expect(refusal.hint).toBeTruthy();
  });

  it('of any contents is read or refused, never the cause of a crash', async () => {
    const folder = makeTempFolder();
    for (const whole of Object.values(formats)) {
      for (const length of [1, 7, 64, 100, 511, 512, 600, 4096, 70_000, 1_048_576]) {
        const path = writeImage(folder, 'cut.img', whole.subarray(0, Math.min(length, whole.length)));
        const outcome = await inspectImage(path, 'disk').catch((error: { code: string }) => error.code);
        expect(typeof outcome === 'string' ? outcome : 'fine').toMatch(/^(IMAGE_INVALID|fine)$/);
      }
    }
  });
});

describe('an optical disc', () => {
  it('is an ISO 9660 image', async () => {
    const path = writeImage(makeTempFolder(), 'a.iso', isoBytes());
    expect(await inspectImage(path, 'optical')).toEqual({ location: path, format: 'raw', virtualSizeBytes: 65536 });
  });

  it.each([
    ['nothing but zeros', rawBytes(256)],
    ['cut short', isoBytes().subarray(0, 3000)],
  ])('is refused when it is %s', async (_, bytes) => {
    const path = writeImage(makeTempFolder(), 'a.iso', bytes);
    expect(await refusalOf(() => inspectImage(path, 'optical'))).toMatchObject({ code: 'IMAGE_INVALID' });
  });
});

describe('a floppy', () => {
  it('is as long as a floppy', async () => {
    const folder = makeTempFolder();
    const path = writeImage(folder, 'a.img', Buffer.alloc(1_474_560));
    expect(await inspectImage(path, 'floppy')).toMatchObject({ format: 'raw', virtualSizeBytes: 1_474_560 });
    const long = writeImage(folder, 'b.img', Buffer.alloc(1_474_560 + 512));
    expect(await refusalOf(() => inspectImage(long, 'floppy'))).toMatchObject({ code: 'IMAGE_INVALID' });
  });
});

describe('a path', () => {
  it('must be absolute', async () => {
    expect(await refusalOf(() => inspectImage('disk.img', 'disk'))).toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('that leads nowhere is named', async () => {
    const path = join(makeTempFolder(), 'missing.iso');
    const refusal = await refusalOf(() => inspectImage(path, 'optical'));
    expect(refusal).toMatchObject({ code: 'FILE_NOT_FOUND', details: { path } });
    expect(refusal.message).toContain(path);
    expect(refusal.hint).toBeTruthy();
  });

  it('through a file, or to a folder, is refused', async () => {
    const folder = makeTempFolder();
    const file = writeImage(folder, 'file', rawBytes());
    expect(await refusalOf(() => inspectImage(join(file, 'x'), 'disk'))).toMatchObject({ code: 'FILE_NOT_FOUND' });
    expect(await refusalOf(() => inspectImage(folder, 'disk'))).toMatchObject({ code: 'FILE_NOT_ACCESSIBLE' });
  });

  it('is followed through symbolic links', async () => {
    const folder = makeTempFolder();
    const path = writeImage(folder, 'real.img', rawBytes());
    symlinkSync(path, join(folder, 'link.img'));
    expect((await inspectImage(join(folder, 'link.img'), 'disk')).location).toBe(path);
    symlinkSync(join(folder, 'gone'), join(folder, 'dangling'));
    const dangling = () => inspectImage(join(folder, 'dangling'), 'disk');
    expect(await refusalOf(dangling)).toMatchObject({ code: 'FILE_NOT_FOUND' });
    writeFileSync(join(folder, 'gone'), rawBytes());
    expect((await inspectImage(join(folder, 'dangling'), 'disk')).location).toBe(join(folder, 'gone'));
  });
});
