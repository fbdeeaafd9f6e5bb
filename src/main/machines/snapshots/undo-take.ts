import { toErrorReport } from '../../../shared/errors.ts';
import type { LiveSession } from '../live-session.ts';
import type { MachineRecord } from '../machine-record.ts';
import type { RunnerContext } from '../runner-context.ts';
import { hideUnnamed } from './hidden-media.ts';
import type { TakeOperation } from './operation-record.ts';
import { type Overlay, removeFiles, withDisks } from './overlays.ts';
import { filesOf, switchDisks } from './take-snapshot.ts';

/** One snapshot of a machine that is on, on its way. */
export interface Taking {
  context: RunnerContext;
  live: LiveSession;
  overlays: Overlay[];
  operation: TakeOperation;
}

/** After a failure: nothing of the snapshot stays, and what the guest wrote stays where it is. */
export async function takeBack(taking: Taking, interrupted: AbortSignal, error: unknown): Promise<void> {
  const { context, live, operation } = taking;
  const { machineId: id } = live;
  undoTake(context, id, operation, await isGone(taking, error));
  await removeFiles(leftoversOf(taking));
  if (live.exit || interrupted.aborted) return;
  if (operation.phase === 'switching' && operation.stateBefore === 'Running') {
    await context.tidy(id, () => live.call((session) => session.resume()));
  }
  const { code, message } = toErrorReport(error);
  const { stateBefore: state } = operation;
  const reason = code === 'CANCELLED' ? 'cancelled' : 'snapshotFailed';
  const why =
    state === 'Running'
      ? ({ reason, detail: code === 'CANCELLED' ? null : message } as const)
      : { reason: operation.reasonBefore, detail: operation.detailBefore };
  context.write(id, { state, ...why });
}

/**
 * Whether the process is gone. One that does not say whether it has switched its disks is ended: on the ones that the
 * settings do not name, all that its guest writes would be lost.
 */
async function isGone({ context, live, operation }: Taking, error: unknown): Promise<boolean> {
  if (live.exit || operation.phase !== 'switching') return live.exit !== undefined;
  const isSilent = toErrorReport(error).code === 'ENGINE_TIMEOUT' || !(await answers(live));
  if (isSilent) await context.tidy(live.machineId, () => live.session.powerOff());
  return isSilent;
}

async function answers({ session }: LiveSession): Promise<boolean> {
  return session.status().then(
    ({ state }) => state === 'Running' || state === 'Paused',
    () => false,
  );
}

/**
 * Puts the settings right and forgets the operation, in one transaction.
 * | phase | the process | the disks |
 * |---|---|---|
 * | prepared | | as before |
 * | switching | lives: it stands still on the old disks | back to those of before |
 * | switching | is gone | the overlays, which are empty: the same content |
 * | switched | | the overlays |
 */
export function undoTake(
  context: RunnerContext,
  id: MachineRecord['id'],
  { phase, disks }: TakeOperation,
  isGone: boolean,
): void {
  const { deps } = context;
  deps.commit((publish) => {
    deps.journal.delete(id);
    if (phase === 'prepared') return;
    if (phase === 'switched' || isGone)
      return hideUnnamed(
        context,
        disks.map(({ from }) => from),
        publish,
      );
    const machine = context.require(id);
    const config = withDisks(machine.config, new Map(disks.map(({ from, to }) => [to, from])));
    switchDisks(context, machine, [], config, publish);
    deps.media.forget(
      disks.map(({ to }) => to),
      publish,
    );
  });
}

function leftoversOf({ context, live, operation, overlays }: Taking): string[] {
  const known = new Set(context.deps.media.records().map(({ location }) => location));
  const files = overlays.map(({ record }) => record.location).filter((file) => !known.has(file));
  return [...files, ...filesOf(context, { id: operation.snapshotId, machineId: live.machineId, ...operation })];
}
