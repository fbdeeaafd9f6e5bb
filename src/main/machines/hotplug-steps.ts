import { isDeepStrictEqual } from 'node:util';
import { InnError } from '../../shared/errors.ts';
import type { MachineConfig } from '../../shared/model/machine.ts';
import type { NetworkAdapter } from '../../shared/model/network.ts';
import type { Session } from '../engines/engine.ts';
import type { Hotplug } from '../engines/hotplug.ts';
import type { MediumService } from '../media/medium-service.ts';
import type { MachineRecord } from './machine-record.ts';
import { identityOf, type PluggableDisk, pluggableDisks } from './pluggable-hardware.ts';
import { assertMediaFree, resolveAdapter, resolveDrive, resolveSpec, type SpecSources } from './start/start-spec.ts';

/** One change of a running machine, and how to take it back. */
export interface Step {
  apply(session: Session): Promise<void>;
  undo(session: Session): Promise<void>;
}

/** @throws InnError `MEDIUM_IN_USE` when another machine that is on writes a disk that is to come; see `resolveSpec` */
export async function assertNewDisksFree(
  deps: SpecSources & { table: { list(): MachineRecord[] } },
  { id, config: before }: MachineRecord,
  after: MachineConfig,
): Promise<void> {
  const places = (config: MachineConfig) => pluggableDisks(config).map(({ place }) => place);
  if (isDeepStrictEqual(places(before), places(after))) return;
  assertMediaFree(await resolveSpec(deps, id, after), deps.table.list());
}

/** Hardware that comes or goes: first what goes, in the reverse of its order, then what comes. */
export function hotplugSteps(
  media: Pick<MediumService, 'resolve'>,
  before: MachineConfig,
  after: MachineConfig,
): Step[] {
  return [...diskSteps(media, before, after), ...adapterSteps(before, after), ...processorSteps(before, after)];
}

function diskSteps(media: Pick<MediumService, 'resolve'>, before: MachineConfig, after: MachineConfig): Step[] {
  const [old, now] = [pluggableDisks(before), pluggableDisks(after)];
  const isIn = (list: PluggableDisk[], disk: PluggableDisk) =>
    list.some((each) => isDeepStrictEqual(each.place, disk.place));
  const drive = ({ controller, attachment }: PluggableDisk) => resolveDrive(media, controller, attachment);
  const attach = (disk: PluggableDisk) => async (session: Session) => plugOf(session).attachDrive(await drive(disk));
  const detach = (disk: PluggableDisk) => async (session: Session) => plugOf(session).detachDrive(await drive(disk));
  return [
    ...old.filter((disk) => !isIn(now, disk)).map((disk) => ({ apply: detach(disk), undo: attach(disk) })),
    ...now.filter((disk) => !isIn(old, disk)).map((disk) => ({ apply: attach(disk), undo: detach(disk) })),
  ];
}

function adapterSteps({ adapters: old }: MachineConfig, { adapters: now }: MachineConfig): Step[] {
  const attach = (adapter: NetworkAdapter, index: number) => (session: Session) =>
    plugOf(session).attachAdapter(resolveAdapter(adapter, index));
  const detach = (index: number) => (session: Session) => plugOf(session).detachAdapter(index);
  const differs = (index: number) => !isDeepStrictEqual(identityOf(old[index]), identityOf(now[index]));
  return [
    ...old.flatMap((adapter, index) =>
      differs(index) ? [{ apply: detach(index), undo: attach(adapter, index) }] : [],
    ),
    ...now.flatMap((adapter, index) =>
      differs(index) ? [{ apply: attach(adapter, index), undo: detach(index) }] : [],
    ),
  ];
}

function processorSteps(before: MachineConfig, after: MachineConfig): Step[] {
  const [from, to] = [before.processors.count, after.processors.count];
  if (from === to) return [];
  return [
    { apply: (session) => plugOf(session).setProcessors(to), undo: (session) => plugOf(session).setProcessors(from) },
  ];
}

function plugOf({ hotplug }: Session): Hotplug {
  if (hotplug !== null) return hotplug;
  throw new InnError('NOT_SUPPORTED', 'The engine of this machine cannot add or remove hardware while it runs.', {
    hint: 'Power the machine off first.',
  });
}
