import { describe, expect, it } from 'vitest';
import { checkEmbedded } from '../../../src/main/engines/embedded/check.ts';
import { MachineConfig } from '../../../src/shared/model/machine.ts';
import { USUAL_ADAPTER } from '../../../src/shared/model/network.ts';

const adapter = {
  model: 'auto',
  mode: 'nat',
  macAddress: '52:54:00:12:34:56',
  isCableConnected: true,
  ...USUAL_ADAPTER,
};
const medium = crypto.randomUUID();

function configWith(overrides: Record<string, unknown> = {}): MachineConfig {
  return MachineConfig.parse({
    name: 'web',
    osType: 'linux-32',
    description: '',
    group: '/',
    engine: 'auto',
    processors: { count: 1, capPercent: 100 },
    memoryMiB: 256,
    bootOrder: ['optical', 'disk'],
    kernelBoot: null,
    display: { videoMemoryMiB: 8 },
    storage: [
      {
        name: 'IDE',
        type: 'ide',
        attachments: [
          { port: 0, device: 0, kind: 'disk', mediumId: medium },
          { port: 1, device: 0, kind: 'optical', mediumId: null },
        ],
      },
      { name: 'Floppy', type: 'floppy', attachments: [{ port: 0, device: 0, kind: 'floppy', mediumId: null }] },
    ],
    adapters: [adapter],
    keepsWarmStart: false,
    ...overrides,
  });
}

const ide = (...attachments: object[]) => [{ name: 'IDE', type: 'ide', attachments }];
const disk = { port: 0, device: 0, kind: 'disk', mediumId: medium };

const usual = { chipset: 'i440fx', firmware: 'bios', isSecureBoot: false, hasTpm: false, watchdog: 'none' };

describe('what the embedded engine says about a motherboard', () => {
  it.each([
    ['UEFI', { motherboard: { ...usual, firmware: 'uefi' } }, 'error motherboard.firmware', /Choose QEMU/],
    ['a TPM', { motherboard: { ...usual, hasTpm: true } }, 'error motherboard.hasTpm', /Choose QEMU/],
    ['Q35', { motherboard: { ...usual, chipset: 'q35' } }, 'error motherboard.chipset', /i440FX only/],
    ['a watchdog', { motherboard: { ...usual, watchdog: 'reset' } }, 'warning motherboard.watchdog', /no watchdog/],
    ['sound', { audio: { card: 'hda', hasOutput: true, hasInput: false } }, 'warning audio.card', /no sound card/],
  ])('with %s', (_, overrides, expected, words) => {
    const issues = checkEmbedded(configWith(overrides));
    expect(issues.map(({ severity, field }) => `${severity} ${field}`)).toEqual([expected]);
    expect(issues[0]?.message).toMatch(words);
  });
});

describe('what the embedded engine says about a configuration', () => {
  it('finds nothing wrong with a machine that it can run', () => {
    expect(checkEmbedded(configWith())).toEqual([]);
  });

  it.each([
    ['a 64-bit operating system', { osType: 'debian-64' }, 'osType'],
    ['two processors', { processors: { count: 2, capPercent: 100 } }, 'processors.count'],
    ['too much memory', { memoryMiB: 2049 }, 'memoryMiB'],
    ['too little memory for a kernel', { memoryMiB: 65, kernelBoot: { source: 'demo' } }, 'memoryMiB'],
    ['a SATA controller', { storage: [{ name: 'SATA', type: 'sata', attachments: [] }] }, 'storage.0.type'],
    ['two IDE controllers', { storage: [...ide(disk), ...ide()] }, 'storage.1.type'],
    ['a place that IDE does not have', { storage: ide({ ...disk, port: 2 }) }, 'storage.0.attachments.0'],
    ['a floppy on IDE', { storage: ide({ ...disk, kind: 'floppy' }) }, 'storage.0.attachments.0'],
    [
      'a disk on the floppy controller',
      { storage: [{ name: 'Floppy', type: 'floppy', attachments: [disk] }] },
      'storage.0.attachments.0',
    ],
    ['a second adapter', { adapters: [adapter, adapter] }, 'adapters.1'],
    ['an e1000 adapter', { adapters: [{ ...adapter, model: 'e1000' }] }, 'adapters.0.model'],
  ])('refuses %s at its field, in a sentence', (_name, overrides, field) => {
    const issues = checkEmbedded(configWith(overrides));
    expect(issues).toEqual([{ severity: 'error', field, message: expect.stringMatching(/^[A-Z].*\.$/) }]);
  });

  it('accepts the limits themselves', () => {
    expect(checkEmbedded(configWith({ memoryMiB: 2048 }))).toEqual([]);
    expect(checkEmbedded(configWith({ memoryMiB: 66, kernelBoot: { source: 'demo' } }))).toEqual([]);
    const full = [0, 1].flatMap((port) => [0, 1].map((device) => ({ ...disk, port, device })));
    expect(checkEmbedded(configWith({ storage: ide(...full) }))).toEqual([]);
  });

  it('warns of the network in the boot order, and lets the machine start', () => {
    const [issue] = checkEmbedded(configWith({ bootOrder: ['network', 'disk'] }));
    expect(issue).toMatchObject({ severity: 'warning', field: 'bootOrder' });
  });
});
