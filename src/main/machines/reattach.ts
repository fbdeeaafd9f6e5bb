import { toErrorReport } from '../../shared/errors.ts';
import { isRest } from '../../shared/machine-state.ts';
import type { MachineId } from '../../shared/model/machine.ts';
import type { Exit, Session, SessionStatus } from '../engines/engine.ts';
import { settlesWithin } from '../processes/process-identity.ts';
import { outcomeOf, type SavedPhase, type UnseenExit } from './exit-outcome.ts';
import type { LiveSession } from './live-session.ts';
import type { MachineRecord } from './machine-record.ts';
import { type OnlineState, stateOf } from './reconcile.ts';
import type { RunnerContext } from './runner-context.ts';
import { hasStateFile, removeStrayStates } from './saved-state.ts';
import { recoverOnlineMerge } from './snapshots/merge-online.ts';
import { recoverTake } from './snapshots/recovery.ts';

/** How long the start of the program waits for machines that do not answer, in milliseconds. */
const GRACE_MS = 1000;

/**
 * Puts the record of every machine right that an earlier program left online or on its way: takes its process back, or
 * writes down how it ended. One machine's trouble does not hold the others up: who has not answered after a second is
 * waited for in its own turn, and becomes Stuck when its time is up. Never rejects.
 * @param closing aborted when the program ends: what has not answered by then is left as it is, for the next program
 * @returns the machines that are still waited for
 */
export async function reattachAll(context: RunnerContext, closing: AbortSignal): Promise<ReadonlySet<MachineId>> {
  const left = context.deps.table.list().filter(({ state }) => !isRest(state));
  const pending = new Set(left.map(({ id }) => id));
  const turns = left.map(async ({ id }) => {
    await context.queue.run(id, (interrupted) =>
      context.tidy(id, () => reattach(context, context.require(id), closing, interrupted)),
    );
    pending.delete(id);
  });
  await settlesWithin(Promise.all(turns), GRACE_MS);
  return pending;
}

async function reattach(
  context: RunnerContext,
  record: MachineRecord,
  closing: AbortSignal,
  interrupted: AbortSignal,
): Promise<void> {
  const { id } = record;
  const attaching = attach(context, record);
  await Promise.race([attaching, once(closing)]);
  if (closing.aborted) {
    void attaching.then((late) => late?.[Symbol.asyncDispose]());
    return;
  }
  const session = await attaching;
  await context.tidy(id, () => recoverTake(context, record, session));
  await context.tidy(id, () => recoverOnlineMerge(context, id, session));
  await settleReattached(context, context.require(id), session, AbortSignal.any([closing, interrupted]));
}

function once(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

async function settleReattached(
  context: RunnerContext,
  record: MachineRecord,
  session: Session | undefined,
  signal: AbortSignal,
): Promise<void> {
  const saved = await savedPhaseOf(context, record);
  if (!session) {
    await context.networks.unplug(record.id);
    return writeEnd(context, record, saved);
  }
  const live = context.adopt(record.id, session);
  live.saved = saved;
  await context.tidy(record.id, () => context.networks.plug(record.id, record.config));
  await takeBack(context, live, record, signal);
  await context.settle(live);
}

async function attach({ deps }: RunnerContext, { id, runtime }: MachineRecord): Promise<Session | undefined> {
  const engine = deps.engines.find((each) => each.id === runtime?.engine);
  if (!engine || !runtime) return undefined;
  try {
    return await engine.attach(runtime);
  } catch (error) {
    deps.log.error({ machine: id, error: toErrorReport(error) }, 'The machine could not be taken back');
    return undefined;
  }
}

/** What the file of the saved state holds, by the moment at which the earlier program ended. */
async function savedPhaseOf({ deps }: RunnerContext, record: MachineRecord): Promise<SavedPhase> {
  const { id, state, savedStateFile } = record;
  if (savedStateFile === null) return 'none';
  if (state !== 'Saving') return 'unconsumed';
  return (await hasStateFile(deps.paths.machineFolder(id), savedStateFile)) ? 'complete' : 'partial';
}

/**
 * | state left behind | the process | what becomes of it |
 * |---|---|---|
 * | Starting, Restoring | stands still | the start was cut off: ended, PoweredOff or Saved as before |
 * | Starting, Restoring | runs | Running; the saved state is used up |
 * | Saving | stands still, file complete | ended, Saved |
 * | Saving | otherwise | as the process is; the unfinished file is deleted |
 * | Stopping | | ended, as the user wanted |
 * | any other | | as the process is |
 */
async function takeBack(
  context: RunnerContext,
  live: LiveSession,
  record: MachineRecord,
  signal: AbortSignal,
): Promise<void> {
  const { id, state, savedStateFile } = record;
  const status = await statusOf(live, signal);
  if (live.exit || signal.aborted) return; // ended, or left to a power off or to the next program
  if (state === 'Stopping') return end(live);
  if ((state === 'Starting' || state === 'Restoring') && status.state === 'Paused') {
    return endCutOffStart(context, live, record);
  }
  if (live.saved === 'complete' && status.state === 'Paused') return end(live);
  const isCutOffSave = live.saved === 'partial' || live.saved === 'complete';
  if (isCutOffSave) {
    live.saved = 'none';
    if (savedStateFile) await context.removeState(id, savedStateFile);
    context.states.patch(id, { savedStateFile: null });
  }
  const change = stateWhenTakenBack(status);
  const detail = change.detail ?? (isCutOffSave ? 'Saving its state was cut off when the program ended.' : null);
  context.write(id, { ...change, detail });
  if (status.state === 'Running') await context.consumeSavedState(live);
}

async function statusOf(live: LiveSession, signal: AbortSignal): Promise<SessionStatus> {
  return live
    .call((session) => session.status(), signal)
    .catch((error: unknown) => ({ state: 'Stuck', reason: 'engineHangs', detail: toErrorReport(error).message }));
}

/** What is wrong with a machine says more than that it was taken back. */
function stateWhenTakenBack(status: SessionStatus): OnlineState {
  if (status.state === 'Paused' && status.reason === 'user')
    return { state: 'Paused', reason: 'takenBack', detail: null };
  return stateOf(status, 'takenBack');
}

/** Ends the process; the caller settles the record. One that cannot be ended shows as stuck at the next probe. */
async function end(live: LiveSession): Promise<void> {
  await live.call((session) => session.powerOff()).catch(() => undefined);
  await live.endsWithin(1000);
}

async function endCutOffStart(context: RunnerContext, live: LiveSession, record: MachineRecord): Promise<void> {
  await end(live);
  if (!live.exit) {
    context.write(record.id, { state: 'Stuck', reason: 'engineHangs', detail: 'Its start was cut off.' });
    return;
  }
  await context.settle(live);
  context.write(record.id, cutOff(record));
}

/** A start that was cut off before the guest ran: the machine is as it was before. */
function cutOff({ savedStateFile }: MachineRecord) {
  const detail = 'The program ended during the start.';
  return savedStateFile === null
    ? ({ state: 'PoweredOff', reason: 'startFailed', detail } as const)
    : ({ state: 'Saved', reason: 'restoreFailed', detail } as const);
}

/** The process is gone: by the word that it left, or by what can be told without one. */
async function writeEnd(context: RunnerContext, record: MachineRecord, saved: SavedPhase): Promise<void> {
  const { id, state, runtime, savedStateFile } = record;
  if (!runtime && (state === 'Starting' || state === 'Restoring' || state === 'Stopping')) {
    await context.tidy(id, () => context.deps.endLeftover(context.deps.paths.machineRuntimeFolder(id)));
    context.write(id, cutOff(record));
    return;
  }
  if (saved === 'complete') await context.noteSavedState(record, runtime);
  const exit = await exitOf(context, record);
  // A process ends itself in order when its program is gone before the guest ran.
  if (exit.kind === 'powerOff' && (state === 'Starting' || state === 'Restoring')) {
    context.write(id, cutOff(record));
    return;
  }
  const outcome = outcomeOf(exit, saved);
  const isKept = outcome.state === 'Saved' || outcome.state === 'AbortedSaved';
  context.write(id, { ...outcome, ...(isKept ? {} : { savedStateFile: null }) });
  if (!isKept && savedStateFile) await context.removeState(id, savedStateFile);
}

async function exitOf({ deps }: RunnerContext, { runtime, stateSince }: MachineRecord): Promise<Exit | UnseenExit> {
  const killed: Exit = {
    kind: 'crashed',
    reason: 'engineKilled',
    detail: 'Its process was gone when the program came back.',
  };
  const exit = runtime ? await deps.readExit(runtime) : killed;
  if (exit.kind !== 'crashed' || deps.bootedAt().toISOString() <= stateSince) return exit;
  return { kind: 'crashed', reason: 'hostRestarted', detail: 'The host was restarted while the machine was on.' };
}

/** Deletes states that no record names: leftovers of saves that were cut off. Only of machines at rest. */
export async function sweepStates(context: RunnerContext): Promise<void> {
  const { table, paths } = context.deps;
  for (const record of table.list()) {
    if (!isRest(record.state)) continue;
    await context.tidy(record.id, () => removeStrayStates(paths.machineFolder(record.id), record));
  }
}
