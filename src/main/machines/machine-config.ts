import { InnError } from '../../shared/errors.ts';
import type { CreateMachineInput } from '../../shared/machine-contract.ts';
import type { BootDevice, KernelBoot } from '../../shared/model/hardware.ts';
import { MachineConfig, USUAL_HARDWARE } from '../../shared/model/machine.ts';
import type { MediumId } from '../../shared/model/medium.ts';
import { USUAL_ADAPTER } from '../../shared/model/network.ts';
import type { Attachment, StorageController } from '../../shared/model/storage.ts';
import { guessOsType, OS_TYPES, type OsType } from '../../shared/os-types.ts';
import { GIB } from '../../shared/units.ts';
import { didYouMean } from './near-names.ts';

/** The media of a new machine, in the order of their drives. */
export interface NewMachineMedia {
  disks: MediumId[];
  disc: MediumId | null;
  floppy: MediumId | null;
}

/**
 * The guest OS of a new machine: the one that is named, else guessed from the machine's name and the disc's file.
 * @throws InnError `INVALID_INPUT` when the named one is not known.
 */
export function chooseOsType({ osType, isDemo, name, isoPath }: CreateMachineInput): OsType {
  const wanted = osType ?? (isDemo ? 'demo' : (guessOsType(name) ?? guessOsType(isoPath ?? ''))?.id) ?? 'other-32';
  const found = OS_TYPES.find(({ id }) => id === wanted);
  if (found) return found;
  const ids = OS_TYPES.map(({ id }) => id);
  throw new InnError('INVALID_INPUT', `There is no OS type '${wanted}'.`, {
    hint: didYouMean(wanted, ids) ?? `Choose one of: ${ids.join(', ')}.`,
    details: { osType: wanted },
  });
}

/** Bytes of the new disk that the machine gets; null for none. An existing disk, or the demo guest, needs none. */
export function newDiskSize(input: CreateMachineInput, osType: OsType): number | null {
  if (input.diskSizeBytes !== undefined) return input.diskSizeBytes;
  if (input.diskPath !== undefined || input.isDemo || osType.diskGiB === 0) return null;
  return osType.diskGiB * GIB;
}

/**
 * The configuration of a new machine: what the input names, and the recommendation of the OS type for the rest.
 * @param macAddress for its one adapter, see `macAddressFrom`.
 * @throws InnError `INVALID_INPUT` when the fields contradict each other, `INVALID_CONFIG` when one is out of range.
 */
export function makeConfig(
  input: CreateMachineInput,
  osType: OsType,
  media: NewMachineMedia,
  macAddress: string,
): MachineConfig {
  return parseConfig({
    name: input.name,
    osType: osType.id,
    description: input.description ?? '',
    group: input.group ?? '/',
    engine: input.engine ?? 'auto',
    processors: { count: input.processors ?? osType.processors, capPercent: input.capPercent ?? 100 },
    memoryMiB: input.memoryMiB ?? osType.memoryMiB,
    bootOrder: bootOrder(media),
    kernelBoot: kernelBoot(input),
    display: { videoMemoryMiB: osType.videoMemoryMiB },
    storage: storage(media),
    adapters: [{ model: 'auto', mode: 'nat', macAddress, isCableConnected: true, ...USUAL_ADAPTER }],
    keepsWarmStart: input.keepsWarmStart ?? false,
    isTemplate: false,
    motherboard: { ...USUAL_HARDWARE.motherboard, ...input.motherboard },
    audio: { ...USUAL_HARDWARE.audio, ...input.audio },
    resources: { ...USUAL_HARDWARE.resources, priority: input.priority ?? USUAL_HARDWARE.resources.priority },
  });
}

/** Checks a configuration against its schema. @throws InnError `INVALID_CONFIG`, with the `issues` in its details. */
export function parseConfig(config: unknown): MachineConfig {
  const parsed = MachineConfig.safeParse(config);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => ({
    severity: 'error' as const,
    field: path.join('.'),
    message,
  }));
  const [first] = issues;
  throw new InnError('INVALID_CONFIG', first ? `${first.field}: ${first.message}` : 'The settings are not valid.', {
    hint: 'Correct the field and try again.',
    details: { issues },
  });
}

/**
 * A MAC address of the block that QEMU uses for guests: locally administered, unicast.
 * @param random three random bytes.
 */
export function macAddressFrom(random: Uint8Array): string {
  const tail = [...random.subarray(0, 3)].map((byte) => byte.toString(16).padStart(2, '0'));
  return ['52', '54', '00', ...tail].join(':');
}

function kernelBoot({ isDemo, kernelPath, initrdPath, commandLine }: CreateMachineInput): KernelBoot | null {
  const isKernelNamed = kernelPath !== undefined;
  if (isDemo && isKernelNamed)
    throw contradiction('The demo guest brings its own kernel.', 'Leave out one of the two.');
  if (isDemo) return { source: 'demo' };
  if (isKernelNamed) {
    return { source: 'files', kernelPath, initrdPath: initrdPath ?? null, commandLine: commandLine ?? '' };
  }
  if (initrdPath === undefined && commandLine === undefined) return null;
  throw contradiction('An initrd or a command line needs a kernel.', 'Name the kernel, too.');
}

function contradiction(message: string, hint: string): InnError {
  return new InnError('INVALID_INPUT', message, { hint });
}

function bootOrder({ floppy }: NewMachineMedia): BootDevice[] {
  return floppy === null ? ['optical', 'disk'] : ['floppy', 'optical', 'disk'];
}

/** Disks on the first IDE channel, a disc drive on the second: what every guest and every engine can use. */
function storage({ disks, disc, floppy }: NewMachineMedia): StorageController[] {
  const drives: Attachment[] = disks.map((mediumId, device) => ({ port: 0, device, kind: 'disk', mediumId }));
  drives.push({ port: 1, device: 0, kind: 'optical', mediumId: disc });
  const ide: StorageController = { name: 'IDE', type: 'ide', attachments: drives };
  if (floppy === null) return [ide];
  const drive: Attachment = { port: 0, device: 0, kind: 'floppy', mediumId: floppy };
  return [ide, { name: 'Floppy', type: 'floppy', attachments: [drive] }];
}
