import { writeFile } from 'node:fs/promises';
import { QmpError } from '../../qmp/protocol.ts';
import type { QmpCommand } from '../../qmp/server.ts';
import { balloonCommands } from './balloon-commands.ts';
import { sampleUsage } from './counters.ts';
import { type Drive, type Drives, driveCounters } from './drives.ts';
import type { MachineParts } from './machine-parts.ts';
import { mergeCommands } from './merge-commands.ts';
import { isForWantOfRoom } from './want-of-room.ts';

type Arguments = Record<string, unknown>;

/** Every command that the machine process understands, beside those of the QMP server itself. */
export function machineCommands(parts: MachineParts): Record<string, QmpCommand> {
  return {
    ...runCommands(parts),
    ...queryCommands(parts),
    ...deviceCommands(parts),
    ...balloonCommands(parts),
    ...mergeCommands(parts),
    ...extensionCommands(parts),
  };
}

function runCommands({ machine, states, powerButton, emit }: MachineParts): Record<string, QmpCommand> {
  return {
    stop: () => machine.stop(),
    cont: async () => {
      await states.restored;
      machine.cont();
    },
    system_reset: () => machine.reset(),
    system_powerdown: () => {
      powerButton();
      emit('POWERDOWN');
    },
    quit: () => {
      setImmediate(() => machine.end('powerOff')); // the reply goes out first
    },
  };
}

function queryCommands({ spec, machine }: MachineParts): Record<string, QmpCommand> {
  return {
    'query-status': () => ({
      status: machine.state,
      running: machine.state === 'running',
      ...(machine.detail === null ? {} : { '__org.innkeeper_detail': machine.detail }),
    }),
    'query-name': () => ({ name: spec.name }),
    'query-uuid': () => ({ UUID: spec.machineId }),
    'query-cpus-fast': () => [
      { 'cpu-index': 0, 'qom-path': '/machine/processor[0]', 'thread-id': process.pid, target: 'i386' },
    ],
    'query-memory-size-summary': () => ({ 'base-memory': spec.memoryMiB * 1024 ** 2, 'plugged-memory': 0 }),
    'query-block': () => machine.drives.all.map(describeDrive),
    'query-blockstats': () => machine.drives.all.map(describeCounters),
  };
}

function deviceCommands({ machine, network, display, emit }: MachineParts): Record<string, QmpCommand> {
  async function change(args: Arguments, medium: Drive['medium']): Promise<void> {
    const name = text(args, args.id === undefined ? 'device' : 'id');
    const drive = removableDrive(machine.drives.find(name), name);
    const hadMedium = drive.medium !== null;
    await machine.drives.change(machine.emulator, drive, medium);
    const { id } = drive.plan;
    if (hadMedium) emit('DEVICE_TRAY_MOVED', { device: id, id, 'tray-open': true });
    if (medium) emit('DEVICE_TRAY_MOVED', { device: id, id, 'tray-open': false });
  }
  return {
    eject: (args) => change(args, null),
    'blockdev-change-medium': (args) => {
      const path = text(args, 'filename');
      const isReadOnly = args['read-only-mode'] === 'read-only';
      const id = (args['__org.innkeeper_medium-id'] ?? path) as NonNullable<Drive['medium']>['id'];
      const format =
        args.format === undefined ? 'raw' : (text(args, 'format') as NonNullable<Drive['medium']>['format']);
      return change(args, { id, path, format, sizeBytes: 0, isReadOnly, backing: [] });
    },
    set_link: (args) => {
      if (text(args, 'name') !== 'net0' || !network) {
        throw new QmpError('DeviceNotFound', `There is no network adapter '${text(args, 'name')}'.`);
      }
      network.setCable(args.up === true);
    },
    'send-key': (args) => display.sendKeys(qcodes(args.keys)),
    screendump: async (args) => {
      if (args.format !== undefined && args.format !== 'png') {
        throw new QmpError('GenericError', "Only the format 'png' is written.");
      }
      const { png } = await display.screenshot();
      await writeFile(text(args, 'filename'), png, { mode: 0o600 });
    },
  };
}

function extensionCommands(parts: MachineParts): Record<string, QmpCommand> {
  const { machine, display, states, cpuLimit } = parts;
  return {
    '__org.innkeeper_type-text': (args) => display.typeText(text(args, 'text')),
    '__org.innkeeper_screenshot': async () => {
      const { width, height, png } = await display.screenshot();
      return { width, height, 'png-base64': Buffer.from(png).toString('base64') };
    },
    '__org.innkeeper_save-state': (args) => states.save(text(args, 'file')),
    '__org.innkeeper_keep-state': (args) => states.keep(text(args, 'file')),
    '__org.innkeeper_switch-disks': (args) =>
      states.switchDisks(diskChanges(machine.drives, args.disks), {
        keepsState: args['keeps-state'] === true,
        runsOn: args['runs-on'] === true,
      }),
    '__org.innkeeper_write-kept-state': (args) => states.writeKept(text(args, 'file')),
    '__org.innkeeper_save-cancel': () => states.cancel(),
    '__org.innkeeper_set-cpu-limit': ({ percent }) => {
      if (typeof percent !== 'number' || !(percent >= 1 && percent <= 100)) {
        throw new QmpError('GenericError', "'percent' must be a number from 1 to 100.");
      }
      cpuLimit.set(percent);
    },
    '__org.innkeeper_sample': () => sampleUsage(parts),
  };
}

function describeDrive({ plan, medium, disk }: Drive): object {
  const isRemovable = plan.kind !== 'disk';
  return {
    device: plan.id,
    qdev: plan.id,
    type: 'unknown',
    removable: isRemovable,
    locked: false,
    ...(isRemovable ? { tray_open: medium === null } : {}),
    ...(disk ? { 'io-status': ioStatus(disk.failure?.error) } : {}),
    ...(medium && disk
      ? {
          inserted: {
            file: medium.path,
            drv: medium.format,
            ro: disk.device.isReadOnly,
            'virtual-size': disk.byteLength,
          },
        }
      : {}),
  };
}

function ioStatus(error: Error | undefined): string {
  return error === undefined ? 'ok' : isForWantOfRoom(error) ? 'nospace' : 'failed';
}

function describeCounters(drive: Drive): object {
  const { readBytes, writtenBytes, readOperations, writeOperations, flushOperations } = driveCounters(drive);
  return {
    device: drive.plan.id,
    qdev: drive.plan.id,
    stats: {
      rd_bytes: readBytes,
      wr_bytes: writtenBytes,
      rd_operations: readOperations,
      wr_operations: writeOperations,
      flush_operations: flushOperations,
    },
  };
}

/** The program and its machine processes are of one version: what it sends is a `ResolvedMedium`. */
function diskChanges(drives: Drives, list: unknown): { drive: Drive; medium: NonNullable<Drive['medium']> }[] {
  const changes: { id?: unknown; medium?: unknown }[] = Array.isArray(list) ? list : [];
  return changes.map(({ id, medium }) => {
    const drive = drives.find(String(id));
    if (drive?.plan.kind !== 'disk') throw new QmpError('DeviceNotFound', `There is no disk '${String(id)}'.`);
    return { drive, medium: medium as NonNullable<Drive['medium']> };
  });
}

function removableDrive(drive: Drive | undefined, id: string): Drive {
  if (!drive) throw new QmpError('DeviceNotFound', `There is no drive '${id}'.`);
  if (drive.plan.kind === 'disk')
    throw new QmpError('GenericError', `Drive '${id}' is a hard disk: it is not removable.`);
  return drive;
}

function text(args: Arguments, name: string): string {
  const value = args[name];
  if (typeof value !== 'string') throw new QmpError('GenericError', `The argument '${name}' must be a string.`);
  return value;
}

/** The QMP reference's `KeyValue` list, of which only key codes are understood. */
function qcodes(keys: unknown): string[] {
  const list: unknown[] = Array.isArray(keys) ? keys : [];
  const codes = list.map((key) => (key as { type?: unknown; data?: unknown } | null) ?? {});
  if (codes.length === 0 || !codes.every(({ type, data }) => type === 'qcode' && typeof data === 'string')) {
    throw new QmpError('GenericError', "'keys' must be a list of { type: 'qcode', data: <key> }.");
  }
  return codes.map(({ data }) => String(data));
}
