import { isDeepStrictEqual } from 'node:util';
import { hasSavedState } from '../../shared/machine-state.ts';
import type { MachineConfig } from '../../shared/model/machine.ts';
import type { MediumId } from '../../shared/model/medium.ts';
import { assertCan, illegal } from './guard.ts';
import type { MachineRecord } from './machine-record.ts';
import { fixedStorage, identityOf, pluggableDisks } from './pluggable-hardware.ts';

/**
 * When a setting may change:
 * | when     | powered off | saved | running, paused |
 * |----------|-------------|-------|-----------------|
 * | `always` | yes         | yes   | yes             |
 * | `live`   | yes         | no    | yes             |
 * | `plug`   | yes         | no    | if its engine can plug it |
 * | `off`    | yes         | no    | no              |
 * A saved state fits the hardware it was saved with, so nothing that the guest sees may change under it.
 */
type When = 'always' | 'live' | 'plug' | 'off';

export interface ConfigChange {
  /** Field of the configuration. */
  field: string;
  /** Its name in a sentence: "change the memory of 'web'". */
  words: string;
  when: When;
  /** The engine of a running machine has to be told. */
  isForEngine: boolean;
}

interface Setting extends ConfigChange {
  /** @param other the configuration that it is compared with */
  read: (config: MachineConfig, other: MachineConfig) => unknown;
}

const setting = (field: string, words: string, when: When, read: Setting['read'], isForEngine = false): Setting => ({
  field,
  words,
  when,
  read,
  isForEngine,
});

/** Every setting, split where a part of it may change at other times than the rest. */
const SETTINGS: readonly Setting[] = [
  setting('name', 'the name', 'always', ({ name }) => name),
  setting('description', 'the description', 'always', ({ description }) => description),
  setting('group', 'the group', 'always', ({ group }) => group),
  setting('processors.capPercent', 'the execution cap', 'always', ({ processors }) => processors.capPercent, true),
  setting('processors.count', 'the processors', 'plug', ({ processors }) => processors.count, true),
  setting('memoryMiB', 'the memory', 'off', ({ memoryMiB }) => memoryMiB),
  setting('osType', 'the OS type', 'off', ({ osType }) => osType),
  setting('engine', 'the engine', 'off', ({ engine }) => engine),
  setting('bootOrder', 'the boot order', 'off', ({ bootOrder }) => bootOrder),
  setting('kernelBoot', 'the kernel', 'off', ({ kernelBoot }) => kernelBoot),
  setting('display', 'the display', 'off', ({ display }) => display),
  setting('motherboard', 'the motherboard', 'off', ({ motherboard }) => motherboard),
  setting('audio', 'the audio', 'off', ({ audio }) => audio),
  setting('resources', 'the claims on the host', 'always', ({ resources }) => resources, true),
  setting('storage', 'the drives', 'off', ({ storage }) => withoutRemovable(fixedStorage(storage))),
  setting('storage', 'the disks', 'plug', (config) => pluggableDisks(config).map(({ place }) => place), true),
  setting('storage', 'the controllers', 'live', ({ storage }) => storage.map(({ name, type }) => ({ name, type }))),
  setting('storage', 'the discs', 'live', ({ storage }) => removableMedia(storage), true),
  setting('adapters', 'the network adapters', 'plug', ({ adapters }) => adapters.map(identityOf), true),
  setting('adapters', 'the networks', 'always', networksOfThoseThatStay, true),
  setting('adapters', 'the network cables', 'live', ({ adapters }) => adapters.map(cableOf), true),
  setting('isTemplate', 'the template mark', 'always', ({ isTemplate }) => isTemplate),
  setting('keepsWarmStart', 'the warm start', 'off', ({ keepsWarmStart }) => keepsWarmStart),
];

/** The settings in which two configurations differ. */
export function configChanges(before: MachineConfig, after: MachineConfig): ConfigChange[] {
  return SETTINGS.filter(({ read }) => !isDeepStrictEqual(read(before, after), read(after, before)));
}

/** @param canPlug whether the engine of the running machine can add and remove hardware
 * @throws InnError `INVALID_STATE` when one of the changes is not legal now, `INVALID_CONFIG` for a damaged record. */
export function assertChangeable(record: MachineRecord, changes: readonly ConfigChange[], canPlug: boolean): void {
  assertCan('configureLive', record);
  const isSaved = hasSavedState(record.state);
  const isLegal = ({ when }: ConfigChange) =>
    when === 'always' || (!isSaved && (when === 'live' || (when === 'plug' && canPlug)));
  const forbidden = changes.find((change) => !isLegal(change));
  if (!forbidden) return;
  const isPoweredOff = record.state === 'PoweredOff' || record.state === 'Aborted';
  if (!isPoweredOff) throw illegal('configure', record, `change ${forbidden.words} of '${record.config.name}'`);
}

/** Every medium that the configuration has in a drive. */
export function mediaOf({ storage }: MachineConfig): MediumId[] {
  return storage.flatMap(({ attachments }) => attachments.flatMap(({ mediumId }) => mediumId ?? []));
}

type Storage = MachineConfig['storage'];
type Adapter = MachineConfig['adapters'][number];

/** Of an adapter that comes or goes as a whole, nothing has to stay. */
function networksOfThoseThatStay({ adapters }: MachineConfig, { adapters: others }: MachineConfig): unknown[] {
  const stay = adapters.filter((adapter, index) => isDeepStrictEqual(identityOf(adapter), identityOf(others[index])));
  return stay.map(({ isCableConnected: _, ...rest }) => rest);
}

const cableOf = ({ isCableConnected }: Adapter) => isCableConnected;

/** Controllers, drives and disks; what is in the optical and floppy drives left out. */
function withoutRemovable(storage: Storage): Storage {
  return storage.map((controller) => ({
    ...controller,
    attachments: controller.attachments.map((drive) => (drive.kind === 'disk' ? drive : { ...drive, mediumId: null })),
  }));
}

function removableMedia(storage: Storage): (MediumId | null)[] {
  const drives = storage.flatMap(({ attachments }) => attachments);
  return drives.filter(({ kind }) => kind !== 'disk').map(({ mediumId }) => mediumId);
}
