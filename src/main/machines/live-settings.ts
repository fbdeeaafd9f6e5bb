import { isDeepStrictEqual } from 'node:util';
import type { MachineConfig } from '../../shared/model/machine.ts';
import type { Attachment, StorageController } from '../../shared/model/storage.ts';
import type { Session } from '../engines/engine.ts';
import type { MediumService } from '../media/medium-service.ts';
import { hotplugSteps, type Step } from './hotplug-steps.ts';
import type { LiveSession } from './live-session.ts';
import type { MachineNetworks } from './machine-networks.ts';
import { setProcessPriority } from './process-priority.ts';
import { resolveDrive } from './start/start-spec.ts';

/**
 * Tells the engine of changed settings that a running machine takes at once: hardware
 * that comes and goes, execution cap, priority, media in drives, cables, networks.
 * All or nothing: what was done is taken back when a later step fails.
 * @throws InnError what the engine throws
 */
export async function applyLiveSettings(
  { media, networks }: { media: Pick<MediumService, 'resolve'>; networks: MachineNetworks },
  live: LiveSession,
  before: MachineConfig,
  after: MachineConfig,
  signal: AbortSignal,
): Promise<void> {
  const steps = [
    ...hotplugSteps(media, before, after),
    ...mediumSteps(media, before, after),
    ...cableSteps(before, after),
    ...networkSteps(networks, live, before, after),
    ...capSteps(live, before, after),
    ...prioritySteps(before, after),
  ];
  const done: Step[] = [];
  try {
    for (const step of steps) {
      await live.call((session) => step.apply(session), signal);
      done.unshift(step);
    }
  } catch (error) {
    for (const step of done) await live.call((session) => step.undo(session)).catch(() => undefined); // the first error tells
    throw error;
  }
}

function capSteps({ cap }: LiveSession, before: MachineConfig, after: MachineConfig): Step[] {
  const [from, to] = [before.processors.capPercent, after.processors.capPercent];
  if (from === to) return [];
  return [{ apply: (session) => cap.tell(session, to), undo: (session) => cap.tell(session, from) }];
}

/** Last of all that concerns adapters: those that are new are there by then. */
function networkSteps(
  networks: MachineNetworks,
  { machineId }: LiveSession,
  before: MachineConfig,
  after: MachineConfig,
): Step[] {
  if (isDeepStrictEqual(before.adapters, after.adapters)) return [];
  return [{ apply: () => networks.plug(machineId, after), undo: () => networks.plug(machineId, before) }];
}

function prioritySteps(before: MachineConfig, after: MachineConfig): Step[] {
  const [from, to] = [before.resources.priority, after.resources.priority];
  if (from === to) return [];
  const give = (priority: typeof to) => (session: Session) => setProcessPriority(session.runtime, priority);
  return [{ apply: give(to), undo: give(from) }];
}

function cableSteps(before: MachineConfig, after: MachineConfig): Step[] {
  return before.adapters.flatMap(({ isCableConnected: from }, index) => {
    const to = after.adapters[index]?.isCableConnected ?? from;
    if (from === to) return [];
    return [
      { apply: (session) => session.setLink(index, to), undo: (session) => session.setLink(index, from) },
    ] satisfies Step[];
  });
}

interface Slot {
  controller: StorageController;
  attachment: Attachment;
}

const slotsOf = ({ storage }: MachineConfig): Slot[] =>
  storage.flatMap((controller) => controller.attachments.map((attachment) => ({ controller, attachment })));

function mediumSteps(media: Pick<MediumService, 'resolve'>, before: MachineConfig, after: MachineConfig): Step[] {
  const insert =
    ({ controller, attachment }: Slot) =>
    async (session: Session) =>
      session.changeMedium(await resolveDrive(media, controller, attachment));
  return slotsOf(after).flatMap((slot) => {
    const old = slotsOf(before).find((each) => isSameSlot(each, slot));
    if (!old || old.attachment.mediumId === slot.attachment.mediumId) return [];
    return [{ apply: insert(slot), undo: insert(old) }];
  });
}

function isSameSlot(a: Slot, b: Slot): boolean {
  return (
    a.controller.name === b.controller.name &&
    a.attachment.port === b.attachment.port &&
    a.attachment.device === b.attachment.device
  );
}
