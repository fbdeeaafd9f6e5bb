import { describe, expect, it } from 'vitest';
import { boardCapabilities } from '../../../src/main/engines/qemu/board-capabilities.ts';
import { qemuCapabilities } from '../../../src/main/engines/qemu/capabilities.ts';
import { checkQemu } from '../../../src/main/engines/qemu/check.ts';
import { commandLine } from '../../../src/main/engines/qemu/command-line/command-line.ts';
import type { UefiFirmware } from '../../../src/main/engines/qemu/doctor/firmware.ts';
import { pickAudioDriver } from '../../../src/main/engines/qemu/doctor/host-sound.ts';
import type { Audio, Motherboard } from '../../../src/shared/model/hardware.ts';
import type { MachineConfig } from '../../../src/shared/model/machine.ts';
import { CONFIG, driveOn, INSTALLATION, mediumAt, planOf } from './machine-plan.ts';

const formats = { format: 'raw', templateFormat: 'raw' } as const;
const PLAIN: UefiFirmware = {
  ...{ executable: '/fw/code.fd', template: '/fw/vars.fd', ...formats },
  ...{ isSecureBoot: false, hasKeys: false, needsSmm: false },
};
const SECURE: UefiFirmware = {
  ...{ executable: '/fw/secure.fd', template: '/fw/keys.fd', ...formats },
  ...{ isSecureBoot: true, hasKeys: true, needsSmm: true },
};
const UEFI = { uefi: [SECURE, PLAIN] };

const board = (changes: Partial<Motherboard>): Motherboard => ({ ...CONFIG.motherboard, ...changes });
const audio = (changes: Partial<Audio>): Audio => ({ ...CONFIG.audio, ...changes });

/** The arguments of a part, those in JSON as what they mean. */
function part(name: string, config: Partial<MachineConfig>, more: Parameters<typeof planOf>[1] = {}): unknown[] {
  const plan = planOf({ config, boardFolder: '/m/board-1', drives: [] }, { ...UEFI, ...more });
  const args = commandLine(plan).find((each) => each.name === name)?.arguments ?? [];
  return args.map((each) => (each.startsWith('{') ? JSON.parse(each) : each));
}

describe('the command line of a motherboard', () => {
  it.each([
    [{}, ['-boot', 'strict=on'], 'pc-i440fx-7.2,dump-guest-core=off'],
    [{ chipset: 'q35' }, ['-boot', 'strict=on'], 'pc-q35-7.2,dump-guest-core=off'],
    [{ firmware: 'uefi' }, flashOf('/fw/code.fd', 'uefi-variables.fd'), 'pc-i440fx-7.2,dump-guest-core=off'],
    [
      { firmware: 'uefi', isSecureBoot: true, chipset: 'q35' },
      [
        ...flashOf('/fw/secure.fd', 'uefi-variables-secure.fd'),
        ...['-global', 'driver=cfi.pflash01,property=secure,value=on'],
        ...['-global', 'driver=ICH9-LPC,property=disable_s3,value=1'],
      ],
      'pc-q35-7.2,dump-guest-core=off,smm=on',
    ],
  ] as const)('%o', (changes, firmware, machine) => {
    const config = { motherboard: board(changes) };
    expect(part('firmware', config)).toEqual(firmware);
    expect(part('machine', config)[1]).toBe(machine);
  });

  function flashOf(code: string, variables: string): unknown[] {
    const file = (filename: string) => ({ driver: 'file', filename });
    return [
      ...['-boot', 'strict=on'],
      ...['-blockdev', { 'node-name': 'uefi-code', driver: 'raw', 'read-only': true, file: file(code) }],
      '-blockdev',
      { 'node-name': 'uefi-variables', driver: 'raw', 'read-only': false, file: file(`/m/board-1/${variables}`) },
      ...['-machine', 'pflash0=uefi-code,pflash1=uefi-variables'],
    ];
  }

  it('refuses firmware that is not there, in words', () => {
    expect(() => part('firmware', { motherboard: board({ firmware: 'uefi' }) }, { uefi: [SECURE] })).toThrow(
      /No UEFI firmware is installed/,
    );
  });

  it.each([
    ['none', []],
    ['reset', ['-device', { driver: 'i6300esb', id: 'watchdog' }, '-action', 'watchdog=reset']],
    ['powerOff', ['-device', { driver: 'i6300esb', id: 'watchdog' }, '-action', 'watchdog=poweroff']],
    ['pause', ['-device', { driver: 'i6300esb', id: 'watchdog' }, '-action', 'watchdog=pause']],
  ] as const)('has a watchdog that does: %s', (watchdog, expected) => {
    expect(part('watchdog', { motherboard: board({ watchdog }) })).toEqual(expected);
  });

  it('connects a TPM to its socket in the runtime folder', () => {
    expect(part('tpm', {})).toEqual([]);
    expect(part('tpm', { motherboard: board({ hasTpm: true }) })).toEqual([
      ...['-chardev', 'socket,id=tpm-chip,path=/run/m/tpm.sock', '-tpmdev', 'emulator,id=tpm,chardev=tpm-chip'],
      ...['-device', { driver: 'tpm-crb', tpmdev: 'tpm' }],
    ]);
  });

  it('has a way to tell of a panic for guests that know it', () => {
    const devices = new Set(['pvpanic']);
    expect(part('panic', {}, { devices })).toEqual(['-device', { driver: 'pvpanic' }]);
    expect(part('panic', { osType: 'windows-10-64' }, { devices })).toEqual([]);
    expect(part('panic', {}, { devices: new Set() })).toEqual([]);
  });

  it.each([
    ['none', {}, 'i440fx', undefined, []],
    ['hda', {}, 'i440fx', { driver: 'pa', id: 'sound', in: { voices: 0 } }, ['intel-hda', 'hda-output']],
    ['hda', { hasInput: true }, 'q35', { driver: 'pa', id: 'sound' }, ['ich9-intel-hda', 'hda-duplex']],
    ['ac97', { hasInput: true }, 'i440fx', { driver: 'pa', id: 'sound' }, ['AC97']],
    ['sb16', { hasOutput: false }, 'q35', { driver: 'none', id: 'sound', in: { voices: 0 } }, ['sb16']],
    ['ac97', { hasOutput: false, hasInput: true }, 'q35', { driver: 'none', id: 'sound', in: { voices: 0 } }, ['AC97']],
  ] as const)('sounds by %s %o on %s', (card, ways, chipset, host, devices) => {
    const config = { audio: audio({ card, ...ways }), motherboard: board({ chipset }) };
    const args = part('audio', config, { audioDriver: 'pa' });
    expect(args[1]).toEqual(host);
    const drivers = args.flatMap((each) =>
      each !== host && isDevice(each) && !('id' in each && each.id === 'sound') ? [each.driver] : [],
    );
    expect(drivers).toEqual(devices);
  });

  const isDevice = (each: unknown): each is { driver: string } =>
    typeof each === 'object' && each !== null && 'driver' in each;

  it('brings the IDE and floppy controllers that Q35 has not', () => {
    const drives = [driveOn('ide', { port: 1, medium: mediumAt('/d') }), driveOn('floppy')];
    const argsOn = (chipset: Motherboard['chipset']) => {
      const plan = planOf({ drives, config: { motherboard: board({ chipset }) } });
      return (
        commandLine(plan)
          .find(({ name }) => name === 'storage')
          ?.arguments.join(' ') ?? ''
      );
    };
    expect(argsOn('q35')).toMatch(/"piix3-ide","id":"pata".*"isa-fdc".*"bus":"pata\.1"/);
    expect(argsOn('i440fx')).not.toMatch(/piix3-ide|"isa-fdc"/);
    expect(argsOn('i440fx')).toContain('"bus":"ide.1"');
  });
});

describe('what QEMU says of a motherboard', () => {
  const lacking = { ...INSTALLATION, uefi: [], swtpm: null, audioDriver: 'none' };
  const findings = [
    { subject: 'UEFI', isGood: false, cause: 'No UEFI firmware is installed.', cure: 'Install it.' },
    { subject: 'TPM', isGood: false, cause: 'swtpm is not installed.', cure: 'Install swtpm.' },
  ];
  const all = qemuCapabilities(undefined, 'linux');
  const none = { ...all, ...boardCapabilities(lacking, findings) };
  const issues = (config: Partial<MachineConfig>, can = all) =>
    checkQemu({ ...CONFIG, ...config }, can, undefined).map(({ severity, field }) => `${severity} ${field}`);

  it.each<[string, Partial<MachineConfig>, string[], string[]]>([
    ['BIOS', {}, [], []],
    ['UEFI', { motherboard: board({ firmware: 'uefi' }) }, [], ['error motherboard.firmware']],
    [
      'Secure Boot by BIOS',
      { motherboard: board({ isSecureBoot: true }) },
      ['error motherboard.isSecureBoot'],
      ['error motherboard.isSecureBoot'],
    ],
    [
      'Secure Boot on i440FX',
      { motherboard: board({ firmware: 'uefi', isSecureBoot: true }) },
      ['error motherboard.isSecureBoot'],
      ['error motherboard.isSecureBoot'],
    ],
    [
      'Secure Boot',
      { motherboard: board({ firmware: 'uefi', isSecureBoot: true, chipset: 'q35' }) },
      [],
      ['error motherboard.isSecureBoot'],
    ],
    ['a TPM', { motherboard: board({ hasTpm: true }) }, [], ['error motherboard.hasTpm']],
    ['a watchdog', { motherboard: board({ watchdog: 'reset' }) }, [], ['error motherboard.watchdog']],
    ['sound', { audio: audio({ card: 'ac97' }) }, [], ['error audio.card']],
    [
      'a 32-bit guest',
      { osType: 'linux-32', motherboard: board({ firmware: 'uefi' }) },
      ['warning motherboard.firmware'],
      ['error motherboard.firmware', 'warning motherboard.firmware'],
    ],
    [
      'the demo guest',
      { kernelBoot: { source: 'demo' }, motherboard: board({ firmware: 'uefi' }) },
      ['error motherboard.firmware'],
      ['error motherboard.firmware'],
    ],
    [
      '64 MB',
      { memoryMiB: 64, motherboard: board({ firmware: 'uefi' }) },
      ['error memoryMiB'],
      ['error motherboard.firmware', 'error memoryMiB'],
    ],
    [
      'input without output',
      { audio: audio({ card: 'hda', hasOutput: false, hasInput: true }) },
      ['warning audio.hasInput'],
      ['error audio.card'],
    ],
  ])('%s', (_, config, withAll, withNothing) => {
    expect(issues(config)).toEqual(withAll);
    expect(issues(config, none)).toEqual(withNothing);
  });

  it('names cause and cure', () => {
    const config = { ...CONFIG, motherboard: board({ firmware: 'uefi' as const, hasTpm: true }) };
    expect(checkQemu(config, none, undefined).map(({ message }) => message)).toEqual([
      'No UEFI firmware is installed. Install it.',
      'swtpm is not installed. Install swtpm.',
    ]);
  });

  it('warns that nobody hears a card without sound on the host', () => {
    const can = { ...all, audio: { isAvailable: false, reason: 'No sound here.' } };
    expect(issues({ audio: audio({ card: 'hda' }) }, can)).toEqual(['warning audio.card']);
    expect(issues({ audio: audio({ card: 'hda', hasOutput: false }) }, can)).toEqual([]);
  });
});

describe('the way to the sound of the host', () => {
  const silent = { platform: 'linux', hasPipeWire: false, hasPulseAudio: false, hasAlsaCard: false } as const;
  it.each([
    [['none', 'pa', 'alsa'], silent, 'none'],
    [['none', 'pa', 'alsa'], { ...silent, hasAlsaCard: true }, 'alsa'],
    [['none', 'pa', 'alsa'], { ...silent, hasAlsaCard: true, hasPulseAudio: true }, 'pa'],
    [['none', 'pa', 'pipewire'], { ...silent, hasPipeWire: true, hasPulseAudio: true }, 'pipewire'],
    [['none', 'alsa'], { ...silent, hasPipeWire: true, hasPulseAudio: true }, 'none'],
    [['none', 'coreaudio'], { ...silent, platform: 'darwin' }, 'coreaudio'],
    [['none', 'dsound', 'sdl'], { ...silent, platform: 'win32' }, 'dsound'],
  ] as const)('of %o with %o is %s', (drivers, facts, expected) => {
    expect(pickAudioDriver(drivers, facts)).toBe(expected);
  });
});
