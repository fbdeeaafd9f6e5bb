import { describe, expect, it } from 'vitest';
import { commandLine, toArguments } from '../../../src/main/engines/qemu/command-line/command-line.ts';
import type { CommandPlan } from '../../../src/main/engines/qemu/command-line/part.ts';
import { CONFIG, driveOn, mediumAt, planOf } from './machine-plan.ts';

/** The arguments of one part. */
function part(name: string, plan: CommandPlan): string[] {
  return commandLine(plan).find((each) => each.name === name)?.arguments ?? [];
}

/** Values of an option, those in JSON as what they mean. */
function values(option: string, args: string[]): unknown[] {
  const found = args.flatMap((each, index) => (each === option ? [args[index + 1] ?? ''] : []));
  return found.map((each) => (each.startsWith('{') ? JSON.parse(each) : each));
}

describe('the command line of QEMU', () => {
  it('has its parts in a fixed order, as a saved state needs it', () => {
    const kernel = { kernelPath: '/k', initrdPath: null, commandLine: '' };
    const adapter = { index: 0, model: 'auto', macAddress: '52:54:00:00:00:01', isCableConnected: true } as const;
    const plan = planOf({
      kernel,
      drives: [driveOn('ide', { medium: mediumAt('/d') })],
      adapters: [adapter],
    });
    expect(commandLine(plan).map(({ name }) => name)).toEqual([
      ...['process', 'machine', 'processor', 'memory', 'clock', 'firmware', 'kernel', 'display', 'pointer'],
      ...['storage', 'network', 'serial', 'extras', 'monitors', 'start'],
    ]);
  });

  it('starts with nothing of its own accord, shut in, standing still', () => {
    const args = toArguments(commandLine(planOf()));
    expect(args.slice(0, 2)).toEqual(['-nodefaults', '-no-user-config']);
    expect(values('-sandbox', args)).toEqual([
      'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny',
    ]);
    expect(args).toContain('-S');
    expect(args).not.toContain('-incoming');
    expect(toArguments(commandLine(planOf({}, { hasSandbox: false })))).not.toContain('-sandbox');
    expect(part('start', planOf({ restoreFrom: '/m/saved.state' }))).toContain('-incoming');
  });

  it.each([
    ['tcg', 'linux-64', 'tcg,thread=multi,tb-size=128', 'max,phys-bits=39'],
    ['kvm', 'linux-64', 'kvm', 'host'],
    ['hvf', 'linux-64', 'hvf', 'host'],
    ['whpx', 'linux-64', 'whpx', 'max'],
    ['kvm', 'windows-98', 'kvm', 'pentium3'],
  ] as const)('with %s for %s takes -accel %s and -cpu %s', (accelerator, osType, accel, cpu) => {
    const plan = planOf({ config: { osType } }, { accelerator });
    const slots = osType === 'linux-64' ? 8 : 2; // Linux takes processors while it runs
    expect(part('machine', plan)).toEqual(['-machine', 'pc-i440fx-7.2,dump-guest-core=off', '-accel', accel]);
    expect(part('processor', plan)).toEqual([
      '-cpu',
      cpu,
      '-smp',
      `cpus=2,maxcpus=${slots},sockets=1,cores=${slots},threads=1`,
    ]);
  });

  it.each([
    ['linux-64', 'base=utc,clock=host'],
    ['windows-xp-32', 'base=localtime,clock=host'],
  ])('sets the clock of %s to %s', (osType, clock) => {
    expect(part('clock', planOf({ config: { osType } }))).toEqual(['-rtc', clock]);
  });

  it('gives extras only to guests that have drivers, from a QEMU that has them', () => {
    expect(values('-device', part('extras', planOf()))).toMatchObject([
      { driver: 'virtio-rng-pci' },
      { driver: 'virtio-balloon-pci' },
    ]);
    expect(part('extras', planOf({ config: { osType: 'windows-10-64' } }))).toEqual([]);
    expect(part('extras', planOf({}, { devices: new Set() }))).toEqual([]);
  });

  it('starts a kernel with its arguments untouched', () => {
    const kernel = { kernelPath: '/a,b=c', initrdPath: '/i', commandLine: 'a=b,c "d"' };
    expect(part('kernel', planOf({ kernel }))).toEqual([
      ...['-kernel', '/a,b=c', '-initrd', '/i', '-append', 'a=b,c "d"'],
    ]);
  });

  it.each([
    [1, 1],
    [9, 16],
    [16, 16],
    [256, 256],
  ])('rounds %i MiB of video memory to %i', (videoMemoryMiB, vgamem) => {
    const [vga] = values('-device', part('display', planOf({ config: { display: { videoMemoryMiB } } })));
    expect(vga).toEqual({ driver: 'VGA', vgamem_mb: vgamem });
  });

  it('keeps the commas of names and paths out of its options', () => {
    const folders = { machine: '/m', runtime: '/r,server=off', logs: '/l' };
    const plan = planOf({ folders, config: { name: 'a,debug-threads=off' } });
    const args = toArguments(commandLine(plan));
    expect(values('-name', args)).toEqual(['guest=a,,debug-threads=off,debug-threads=on']);
    expect(values('-vnc', args)).toEqual(['unix:/r,,server=off/screen.sock,share=force-shared']);
    expect(values('-chardev', args)).toEqual([
      'socket,id=serial,path=/r,,server=off/serial.sock,server=on,wait=off,logfile=/r,,server=off/serial.out',
      'socket,id=monitor0,path=/r,,server=off/qmp.sock,server=on,wait=off',
      'socket,id=monitor1,path=/r,,server=off/monitor.sock,server=on,wait=off',
      'stdio,id=events,signal=off',
    ]);
  });
});

describe('drives on the command line of QEMU', () => {
  const stop = { werror: 'stop', rerror: 'stop' };
  const medium = mediumAt('/d,file=/etc/passwd');

  it.each([
    ['ide', { port: 1, device: 1 }, [{ driver: 'ide-hd', id: 'ide1-1', bus: 'ide.1', unit: 1, ...stop }]],
    [
      'sata',
      { port: 7 },
      [
        { driver: 'ahci', id: 'sata1' },
        { driver: 'ide-hd', id: 'sata7-0', bus: 'sata1.1', ...stop },
      ],
    ],
    [
      'scsi',
      { port: 5 },
      [
        { driver: 'virtio-scsi-pci', id: 'scsi' },
        { driver: 'scsi-hd', 'scsi-id': 5, bus: 'scsi.0', ...stop },
      ],
    ],
    ['virtio', { port: 9 }, [{ driver: 'virtio-blk-pci', id: 'virtio9-0', ...stop }]],
    ['nvme', {}, [{ driver: 'nvme', serial: 'nvme0-0' }]],
    [
      'usb',
      { port: 2 },
      [
        { driver: 'usb-bot', bus: 'usb.0' },
        { driver: 'scsi-hd', bus: 'usb2-0-bridge.0', ...stop },
      ],
    ],
    ['floppy', { device: 1 }, [{ driver: 'floppy', unit: 1 }]],
  ] as const)('sit on %s', (controller, place, devices) => {
    const drive = driveOn(controller, { ...place, medium });
    const args = part('storage', planOf({ drives: [drive], config: { bootOrder: [] } }));
    expect(values('-device', args)).toMatchObject(devices);
    expect(values('-blockdev', args)).toMatchObject([
      { driver: 'raw', 'read-only': false, file: { driver: 'file', filename: medium.path } },
    ]);
  });

  it('are optical where the drive is, and may be empty', () => {
    const drives = [driveOn('ide', { kind: 'optical' }), driveOn('scsi', { kind: 'optical' })];
    const args = part('storage', planOf({ drives }));
    expect(values('-device', args)).toMatchObject([
      { driver: 'virtio-scsi-pci' },
      { driver: 'ide-cd', id: 'ide0-0' },
      { driver: 'scsi-cd', id: 'scsi0-0' },
    ]);
    expect(values('-blockdev', args)).toEqual([]);
    expect(args.join()).not.toContain('"drive"');
  });

  it('boot in the order of the settings, and no others', () => {
    const drives = [
      driveOn('ide', { medium }),
      driveOn('ide', { port: 1, kind: 'optical' }),
      driveOn('virtio', { medium: mediumAt('/e') }),
      driveOn('floppy', { medium: mediumAt('/f') }),
    ];
    const adapters = [{ index: 0, model: 'e1000', macAddress: '52:54:00:00:00:01', isCableConnected: true } as const];
    const plan = planOf({ drives, adapters, config: { bootOrder: ['floppy', 'network', 'disk'] } });
    expect(values('-device', part('storage', plan))).toMatchObject([
      { id: 'ide0-0', bootindex: 3 },
      expect.not.objectContaining({ bootindex: expect.anything() }),
      { id: 'virtio0-0', bootindex: 4 },
      expect.not.objectContaining({ bootindex: expect.anything() }),
    ]);
    expect(values('-global', part('storage', plan))).toEqual(['isa-fdc.bootindexA=1']);
    expect(values('-device', part('network', plan))).toMatchObject([{ bootindex: 2 }]);
    expect(part('firmware', plan)).toEqual(['-boot', 'strict=on']);
  });

  it('open no file that an image names by itself', () => {
    const base = { path: '/base', format: 'raw' } as const;
    const middle = { path: '/middle', format: 'qcow2' } as const;
    const drives = [
      driveOn('ide', { medium: mediumAt('/alone', 'qcow2') }),
      driveOn('ide', { device: 1, medium: mediumAt('/top', 'qcow2', { backing: [middle, base] }) }),
      driveOn('virtio', { medium: mediumAt('/v', 'vmdk') }),
    ];
    expect(values('-blockdev', part('storage', planOf({ drives })))).toMatchObject([
      { driver: 'qcow2', backing: null },
      {
        driver: 'qcow2',
        'read-only': false,
        backing: {
          driver: 'qcow2',
          'read-only': true,
          file: { filename: '/middle' },
          backing: { driver: 'raw', 'read-only': true, file: { filename: '/base' } },
        },
      },
      { driver: 'vmdk', backing: null },
    ]);
  });

  it.each([
    ['raw', 'raw'],
    ['qcow2', 'qcow2'],
    ['vdi', 'vdi'],
    ['vhd', 'vpc'],
    ['vmdk', 'vmdk'],
    ['vhdx', 'vhdx'],
  ] as const)('say that %s is %s, and do not let QEMU guess', (format, driver) => {
    const drives = [driveOn('virtio', { medium: mediumAt('/d', format) })];
    expect(values('-blockdev', part('storage', planOf({ drives })))).toMatchObject([{ driver }]);
  });

  it('are refused where QEMU could not use them', () => {
    const isReadOnly = true;
    const readOnly = planOf({ drives: [driveOn('sata', { medium: mediumAt('/d', 'raw', { isReadOnly }) })] });
    expect(() => commandLine(readOnly)).toThrow(/'\/d' may not be written/);
    const backing = [{ path: '/base', format: 'vdi' } as const];
    const differencing = planOf({ drives: [driveOn('ide', { medium: mediumAt('/d', 'vdi', { backing }) })] });
    expect(() => commandLine(differencing)).toThrow(/a VDI image that builds on another one/);
  });
});

describe('adapters on the command line of QEMU', () => {
  const adapter = { index: 0, macAddress: '52:54:00:00:00:01', isCableConnected: true } as const;

  it('hang on a socket for frames that QEMU listens on', () => {
    const args = part('network', planOf({ adapters: [{ ...adapter, model: 'virtio' }] }));
    expect(values('-netdev', args)).toEqual([
      { type: 'stream', id: 'network0', server: true, addr: { type: 'unix', path: '/run/m/net0.sock' } },
    ]);
    expect(values('-device', args)).toEqual([
      { driver: 'virtio-net-pci', id: 'net0', netdev: 'network0', mac: adapter.macAddress, romfile: '' },
    ]);
  });

  it.each([
    ['auto', 'debian-64', 'virtio-net-pci'],
    ['auto', 'freebsd-64', 'virtio-net-pci'],
    ['auto', 'windows-10-64', 'e1000'],
    ['auto', 'windows-xp-32', 'pcnet'],
    ['auto', 'freedos', 'pcnet'],
    ['ne2000', 'debian-64', 'ne2k_pci'],
    ['e1000', 'debian-64', 'e1000'],
  ] as const)('of model %s for %s are %s', (model, osType, driver) => {
    const plan = planOf({ adapters: [{ ...adapter, model }], config: { ...CONFIG, osType } });
    expect(values('-device', part('network', plan))).toMatchObject([{ driver }]);
  });
});
