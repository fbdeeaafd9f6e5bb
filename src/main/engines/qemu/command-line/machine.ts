import { osTypeOf } from '../../../../shared/os-types.ts';
import { type Accelerator, machineTypeFor } from '../installation.ts';
import { firmwareOf } from '../uefi.ts';
import { processorSlots } from './hotplug-slots.ts';
import { type CommandPart, type CommandPlan, jsonOption, part } from './part.ts';

/** Memory for translated guest code without hardware acceleration, in MiB; QEMU's own choice is up to a gibibyte. */
const TRANSLATION_CACHE_MIB = 128;

/**
 * Physical addresses of the emulated processor, in bits. From 40 on, QEMU reserves what AMD's processors keep just below
 * 1 TiB; a kernel that knows 32 bits cuts that range off and finds no room any more for devices behind PCI Express ports.
 */
const EMULATED_ADDRESS_BITS = 39;

/** `host` and `max`: all that the accelerator can give; guests older than that get a processor of their time. */
const PROCESSORS: Record<Accelerator, string> = {
  kvm: 'host',
  hvf: 'host',
  whpx: 'max',
  tcg: `max,phys-bits=${EMULATED_ADDRESS_BITS}`,
};
const OLD_GUESTS = new Set(['windows-98', 'windows-2000', 'freedos']);
const OLD_PROCESSOR = 'pentium3';

/** Firmware that keeps its variables to itself needs system management mode. */
export function machinePart({ spec: { config }, installation }: CommandPlan): CommandPart {
  const { accelerator, uefi } = installation;
  const smm = firmwareOf(config, uefi)?.needsSmm ? ',smm=on' : '';
  const accel = accelerator === 'tcg' ? `tcg,thread=multi,tb-size=${TRANSLATION_CACHE_MIB}` : accelerator;
  return part(
    'machine',
    '-machine',
    `${machineTypeFor(installation, config)},dump-guest-core=off${smm}`,
    '-accel',
    accel,
  );
}

export function processorPart({ spec: { config }, installation }: CommandPlan): CommandPart {
  const { count } = config.processors;
  const slots = processorSlots(config);
  const model = OLD_GUESTS.has(config.osType) ? OLD_PROCESSOR : PROCESSORS[installation.accelerator];
  return part('processor', '-cpu', model, '-smp', `cpus=${count},maxcpus=${slots},sockets=1,cores=${slots},threads=1`);
}

export function memoryPart({ spec }: CommandPlan): CommandPart {
  return part('memory', '-m', `size=${spec.config.memoryMiB}M`);
}

/** Windows takes the clock on the board for local time, all others for UTC. */
export function clockPart({ spec }: CommandPlan): CommandPart {
  const isWindows = osTypeOf(spec.config.osType).family === 'windows';
  return part('clock', '-rtc', `base=${isWindows ? 'localtime' : 'utc'},clock=host`);
}

/** Randomness for the guest, and memory that can be asked back; only for families that bring the drivers. */
export function extrasPart({ spec, installation: { devices } }: CommandPlan): CommandPart {
  const { family } = osTypeOf(spec.config.osType);
  if (family !== 'linux' && family !== 'bsd') return part('extras');
  const rng = [
    ...jsonOption('-object', { 'qom-type': 'rng-builtin', id: 'rng' }),
    ...jsonOption('-device', { driver: 'virtio-rng-pci', rng: 'rng' }),
  ];
  const balloon = jsonOption('-device', { driver: 'virtio-balloon-pci', id: 'balloon', 'deflate-on-oom': true });
  return part(
    'extras',
    ...(devices.has('virtio-rng-pci') ? rng : []),
    ...(devices.has('virtio-balloon-pci') ? balloon : []),
  );
}
