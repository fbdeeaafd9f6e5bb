import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkConfig } from '../../src/main/machines/check-config.ts';
import { chooseOsType, macAddressFrom, makeConfig, newDiskSize } from '../../src/main/machines/machine-config.ts';
import { didYouMean, nearNames } from '../../src/main/machines/near-names.ts';
import type { CreateMachineInput } from '../../src/shared/machine-contract.ts';
import { MediumId } from '../../src/shared/model/medium.ts';
import { MacAddress } from '../../src/shared/model/network.ts';
import { OS_TYPES } from '../../src/shared/os-types.ts';
import { GIB } from '../../src/shared/units.ts';
import { refusalOf } from '../support/refusal.ts';

const MAC = '52:54:00:aa:bb:cc';
const NONE = { disks: [], disc: null, floppy: null };
const medium = (digit: number) => MediumId.parse(`00000000-0000-4000-8000-00000000000${digit}`);
const make = (input: CreateMachineInput, media = NONE as Parameters<typeof makeConfig>[2]) =>
  makeConfig(input, chooseOsType(input), media, MAC);

describe('the OS type of a new machine', () => {
  it.each<[CreateMachineInput, string]>([
    [{ name: 'x', osType: 'haiku-32' }, 'haiku-32'],
    [{ name: 'Debian 12' }, 'debian-64'],
    [{ name: 'x', isoPath: '/isos/alpine-virt-3.20-x86.iso' }, 'alpine-32'],
    [{ name: 'x', isDemo: true }, 'demo'],
    [{ name: 'x' }, 'other-32'],
  ])('for %j is %s', (input, id) => {
    expect(chooseOsType(input).id).toBe(id);
  });

  it('that is not known is refused with one that is near', async () => {
    const refusal = await refusalOf(() => chooseOsType({ name: 'x', osType: 'debian-46' }));
    expect(refusal.code).toBe('INVALID_INPUT');
    expect(refusal.hint).toContain("'debian-64'");
  });
});

describe('a new machine', () => {
  it('takes the recommendation of every OS type, and passes every check on a large host', () => {
    for (const type of OS_TYPES) {
      const config = make({ name: type.label.replaceAll('/', '-'), osType: type.id }, { ...NONE, disks: [medium(1)] });
      expect(config).toMatchObject({
        osType: type.id,
        memoryMiB: type.memoryMiB,
        processors: { count: type.processors },
      });
      expect(checkConfig(config, { memoryMiB: 65536, processors: 16 }), type.id).toEqual([]);
    }
  });

  it('keeps what was asked for', () => {
    const asked = { memoryMiB: 300, engine: 'qemu', description: 'd', group: '/Lab', keepsWarmStart: true } as const;
    const config = make({ name: ' web ', ...asked, processors: 3, capPercent: 50 });
    expect(config).toMatchObject({ ...asked, name: 'web', processors: { count: 3, capPercent: 50 } });
  });

  it('has its disks on the first IDE channel, a disc drive on the second, and a floppy drive only for a floppy', () => {
    const [ide, ...rest] = make(
      { name: 'x' },
      { disks: [medium(1), medium(2)], disc: medium(3), floppy: null },
    ).storage;
    expect(rest).toEqual([]);
    expect(ide?.attachments).toEqual([
      { port: 0, device: 0, kind: 'disk', mediumId: medium(1) },
      { port: 0, device: 1, kind: 'disk', mediumId: medium(2) },
      { port: 1, device: 0, kind: 'optical', mediumId: medium(3) },
    ]);
    const withFloppy = make({ name: 'x' }, { ...NONE, floppy: medium(4) });
    expect(withFloppy.storage[1]).toMatchObject({ type: 'floppy', attachments: [{ mediumId: medium(4) }] });
    expect(withFloppy.bootOrder[0]).toBe('floppy');
  });

  it('starts a kernel directly when one is named, or the demo guest', () => {
    expect(make({ name: 'x', isDemo: true }).kernelBoot).toEqual({ source: 'demo' });
    expect(make({ name: 'x', kernelPath: '/k', commandLine: 'quiet' }).kernelBoot).toEqual({
      source: 'files',
      kernelPath: '/k',
      initrdPath: null,
      commandLine: 'quiet',
    });
    expect(make({ name: 'x' }).kernelBoot).toBeNull();
  });

  it.each<[string, CreateMachineInput, string]>([
    ['an initrd without a kernel', { name: 'x', initrdPath: '/i' }, 'INVALID_INPUT'],
    ['the demo guest and another kernel', { name: 'x', isDemo: true, kernelPath: '/k' }, 'INVALID_INPUT'],
    ['no name', { name: '  ' }, 'INVALID_CONFIG'],
    ['a name with a slash', { name: 'a/b' }, 'INVALID_CONFIG'],
    ['a name with a line break', { name: 'a\nb' }, 'INVALID_CONFIG'],
    ['no memory', { name: 'x', memoryMiB: 0 }, 'INVALID_CONFIG'],
    ['more processors than any machine has', { name: 'x', processors: 65 }, 'INVALID_CONFIG'],
    ['a cap of nothing', { name: 'x', capPercent: 0 }, 'INVALID_CONFIG'],
  ])('with %s is refused', async (_, input, code) => {
    expect(await refusalOf(() => make(input))).toMatchObject({ code });
  });
});

describe('the disk of a new machine', () => {
  const sizeFor = (input: Partial<CreateMachineInput>) => {
    const whole = { name: 'x', osType: 'linux-32', ...input };
    return newDiskSize(whole, chooseOsType(whole));
  };

  it('is as large as asked, else as recommended; none for the demo guest, beside an existing one, or when unwanted', () => {
    expect(sizeFor({ diskSizeBytes: 5 * GIB })).toBe(5 * GIB);
    expect(sizeFor({})).toBe(8 * GIB);
    expect(sizeFor({ diskSizeBytes: null })).toBeNull();
    expect(sizeFor({ diskPath: '/a.img' })).toBeNull();
    expect(sizeFor({ isDemo: true, osType: 'demo' })).toBeNull();
    expect(sizeFor({ isDemo: true, diskSizeBytes: GIB })).toBe(GIB);
  });
});

describe('MAC addresses', () => {
  it('made of any three bytes are valid', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 3, maxLength: 3 }), (random) => {
        const mac = macAddressFrom(random);
        expect(MacAddress.safeParse(mac).success && mac.startsWith('52:54:00:')).toBe(true);
      }),
    );
  });
});

describe('names that are near', () => {
  it('are those with a slip, and those that contain what was typed', () => {
    const names = ['web', 'web-2', 'database', 'mail'];
    expect(nearNames('wbe', ['web', 'mail'])).toEqual([]);
    expect(nearNames('wep', names)).toEqual(['web']);
    expect(nearNames('WEB', names)).toEqual(['web', 'web-2']);
    expect(nearNames('databsae', names)).toEqual(['database']);
    expect(didYouMean('maill', names)).toBe("Did you mean 'mail'?");
    expect(didYouMean('zzz', names)).toBeUndefined();
  });
});
