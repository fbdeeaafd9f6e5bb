import { amberPercent, memoryZones } from '../../shared/memory-zones.ts';
import type { BootDevice } from '../../shared/model/hardware.ts';
import type { Issue, MachineConfig } from '../../shared/model/machine.ts';
import { type Attachment, CONTROLLER_SLOTS, type StorageController } from '../../shared/model/storage.ts';
import { formatMiB } from '../../shared/units.ts';

/** The host, as far as the rules depend on it. */
export interface HostSize {
  memoryMiB: number;
  /** Processors that the program may use; can have a fraction. */
  processors: number;
  /** Whether this program may raise the priority of a process; by default it may. */
  mayRaisePriority?: boolean;
}

/** Under this execution cap a guest feels slow (field guide §2.6). */
const LOW_CAP_PERCENT = 40;

const error = (field: string, message: string): Issue => ({ severity: 'error', field, message });
const warning = (field: string, message: string): Issue => ({ severity: 'warning', field, message });

/**
 * What would be wrong with a configuration on this host, whichever engine runs it (rules: field guide §2.6). The
 * schema has been checked before; media and engine are checked by others.
 */
export function checkConfig(config: MachineConfig, host: HostSize): Issue[] {
  return [
    ...checkMemory(config, host),
    ...checkProcessors(config, host),
    ...checkControllers(config.storage),
    ...config.storage.flatMap(checkAttachments),
    ...checkMediaOnce(config.storage),
    ...checkBootOrder(config),
    ...checkAdapters(config),
    ...checkPriority(config, host),
  ];
}

function checkPriority({ resources: { priority } }: MachineConfig, { mayRaisePriority = true }: HostSize): Issue[] {
  if (priority !== 'high' || mayRaisePriority) return [];
  const message = 'High priority needs a permission that you have not; the machine runs with normal priority.';
  return [warning('resources.priority', message)];
}

function checkMemory({ memoryMiB }: MachineConfig, host: HostSize): Issue[] {
  const { greenMiB, amberMiB } = memoryZones(host.memoryMiB);
  if (memoryMiB > amberMiB) {
    const share = `more than ${amberPercent(host.memoryMiB)} % of the memory of this computer`;
    return [error('memoryMiB', `${formatMiB(memoryMiB)} is ${share}; choose at most ${formatMiB(amberMiB)}.`)];
  }
  if (memoryMiB <= greenMiB) return [];
  return [warning('memoryMiB', `${formatMiB(memoryMiB)} may leave too little memory for this computer itself.`)];
}

function checkProcessors({ processors: { count, capPercent } }: MachineConfig, host: HostSize): Issue[] {
  const issues: Issue[] = [];
  const available = Math.max(1, Math.floor(host.processors));
  if (count > available * 2) {
    issues.push(
      error('processors.count', `This computer has ${available} processors; choose at most ${available * 2}.`),
    );
  } else if (count > available) {
    issues.push(warning('processors.count', `More than the ${available} processors of this computer make it slower.`));
  }
  if (capPercent < LOW_CAP_PERCENT) {
    issues.push(
      warning(
        'processors.capPercent',
        `Below ${LOW_CAP_PERCENT} % the guest may feel slow; fewer processors serve better.`,
      ),
    );
  }
  return issues;
}

function checkControllers(storage: StorageController[]): Issue[] {
  return storage.flatMap(({ name, type }, index) => {
    const earlier = storage.slice(0, index);
    const issues: Issue[] = [];
    if (earlier.some((other) => other.name.toLowerCase() === name.toLowerCase())) {
      issues.push(error(`storage.${index}.name`, `There are two controllers named '${name}'.`));
    }
    if (earlier.some((other) => other.type === type)) {
      issues.push(
        error(`storage.${index}.type`, `A machine has one ${CONTROLLER_SLOTS[type].label} controller at most.`),
      );
    }
    return issues;
  });
}

function checkAttachments(controller: StorageController, controllerIndex: number): Issue[] {
  return controller.attachments.flatMap((attachment, index) => {
    const field = `storage.${controllerIndex}.attachments.${index}`;
    const earlier = controller.attachments.slice(0, index);
    return [...checkSlot(controller, attachment, earlier, field), ...checkDrive(controller, attachment, field)];
  });
}

function checkSlot(
  controller: StorageController,
  attachment: Attachment,
  earlier: Attachment[],
  field: string,
): Issue[] {
  const { ports, devicesPerPort, label } = CONTROLLER_SLOTS[controller.type];
  const { port, device } = attachment;
  if (port >= ports || device >= devicesPerPort) {
    const range = devicesPerPort === 1 ? '' : ` with ${devicesPerPort} devices each`;
    return [error(`${field}.port`, `${label} has ${ports} ports${range}; there is no port ${port}, device ${device}.`)];
  }
  if (earlier.some((other) => other.port === port && other.device === device)) {
    return [error(`${field}.port`, `Two drives are on port ${port}, device ${device} of '${controller.name}'.`)];
  }
  return [];
}

/** Controllers that take optical drives besides disks. */
const TAKES_OPTICAL = new Set(['ide', 'sata', 'scsi', 'usb']);

function checkDrive({ type, name }: StorageController, { kind, mediumId, port }: Attachment, field: string): Issue[] {
  if ((kind === 'floppy') !== (type === 'floppy')) {
    return [
      error(`${field}.kind`, `A floppy drive needs a floppy controller, and that takes nothing else ('${name}').`),
    ];
  }
  if (kind === 'optical' && !TAKES_OPTICAL.has(type)) {
    return [error(`${field}.kind`, `'${name}' (${CONTROLLER_SLOTS[type].label}) takes no optical drives.`)];
  }
  if (kind === 'disk' && mediumId === null) {
    return [error(`${field}.mediumId`, `No disk is chosen for port ${port} of '${name}'.`)];
  }
  return [];
}

function checkMediaOnce(storage: StorageController[]): Issue[] {
  const seen = new Set<string>();
  return storage.flatMap((controller, controllerIndex) =>
    controller.attachments.flatMap(({ mediumId }, index) => {
      if (mediumId === null) return [];
      if (!seen.has(mediumId)) {
        seen.add(mediumId);
        return [];
      }
      const field = `storage.${controllerIndex}.attachments.${index}.mediumId`;
      return [error(field, 'The same medium is attached twice.')];
    }),
  );
}

function checkBootOrder({ bootOrder, kernelBoot, storage, adapters }: MachineConfig): Issue[] {
  if (kernelBoot !== null) return [];
  if (bootOrder.length === 0) return [warning('bootOrder', 'No device to boot from is chosen.')];
  const drives = storage.flatMap(({ attachments }) => attachments.map(({ kind }) => kind));
  const canBoot = (device: BootDevice) =>
    device === 'network' ? adapters.some(({ mode }) => mode !== 'notAttached') : drives.includes(device);
  return bootOrder.some(canBoot)
    ? []
    : [warning('bootOrder', 'The machine has none of the devices it is to boot from.')];
}

function checkAdapters({ adapters }: MachineConfig): Issue[] {
  return adapters.flatMap(({ macAddress }, index) => {
    const isTaken = adapters.slice(0, index).some((other) => other.macAddress === macAddress);
    return isTaken ? [error(`adapters.${index}.macAddress`, `Two adapters have the address ${macAddress}.`)] : [];
  });
}
