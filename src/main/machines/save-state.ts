import { InnError, toErrorReport } from '../../shared/errors.ts';
import type { TaskHandle } from '../tasks/task-service.ts';
import type { LiveSession } from './live-session.ts';
import type { MachineRecord } from './machine-record.ts';
import { type OnlineState, stateOf } from './reconcile.ts';
import type { RunnerContext } from './runner-context.ts';
import { newStateFile } from './saved-state.ts';

/**
 * Saves the machine's state to a new file, then ends its process. A failure or a cancellation before the file is
 * complete leaves the machine as it was; after that, the machine ends Saved whatever happens.
 * @param interrupted aborted by a power off, which then goes on with the machine
 */
export async function saveState(
  context: RunnerContext,
  live: LiveSession,
  before: MachineRecord,
  interrupted: AbortSignal,
): Promise<void> {
  const { id, config } = before;
  const savedStateFile = newStateFile('saved');
  const savedBefore = live.saved;
  live.saved = 'partial';
  context.write(id, { state: 'Saving', reason: 'user', savedStateFile });
  try {
    const options = { title: `Saving the state of '${config.name}'`, machineId: id, canCancel: true };
    await context.deps.tasks.run(options, (task) => writeState(context, live, savedStateFile, task, interrupted));
  } catch (error) {
    if (!isComplete(live)) {
      await takeBack(context, live, before, { savedStateFile, savedBefore, isInterrupted: interrupted.aborted, error });
      throw error;
    }
    await finish(context, live);
  }
  // A machine that stood paused since its restore still had the state that it came from: the new one takes its place.
  if (before.savedStateFile !== null) await context.removeState(id, before.savedStateFile);
}

interface FailedSave {
  savedStateFile: string;
  savedBefore: LiveSession['saved'];
  isInterrupted: boolean;
  error: unknown;
}

async function takeBack(context: RunnerContext, live: LiveSession, before: MachineRecord, failed: FailedSave) {
  await context.removeState(before.id, failed.savedStateFile);
  if (live.exit) return;
  live.saved = failed.savedBefore;
  // The file of before is still good: a machine that was paused since its restore has not touched its disks.
  if (failed.isInterrupted) context.states.patch(before.id, { savedStateFile: before.savedStateFile });
  else await goOn(context, live, before, failed.error);
}

/** A call, so that the compiler does not take the phase of before for the present one. */
const isComplete = (live: LiveSession): boolean => live.saved === 'complete';

async function writeState(
  context: RunnerContext,
  live: LiveSession,
  file: string,
  task: TaskHandle,
  interrupted: AbortSignal,
): Promise<void> {
  const signal = AbortSignal.any([task.signal, interrupted]);
  task.progress(null, 'Writing memory and devices');
  // Not ended by the signal at this side: whether the file got complete is for the engine to say.
  await live.call((session) => session.saveState(context.stateFile(live.machineId, file), { signal }));
  live.saved = 'complete';
  task.progress(1, 'Ending the machine process');
  await finish(context, live);
}

/** Ends a process whose state is saved. It stands paused at that state: however it ends, nothing is lost. */
async function finish(context: RunnerContext, live: LiveSession): Promise<void> {
  await live
    .call((session) => session.powerOff())
    .catch((error: unknown) => {
      if (!live.exit) throw error;
    });
  await live.session.exit;
  await context.settle(live);
}

/** After a save that failed, brings the machine back to how it was: running, or paused. */
async function goOn(context: RunnerContext, live: LiveSession, before: MachineRecord, error: unknown): Promise<void> {
  const { code, message } = toErrorReport(error);
  const reason = code === 'CANCELLED' ? 'cancelled' : 'saveFailed';
  const detail = code === 'CANCELLED' ? null : message;
  try {
    let status = await live.call((session) => session.status());
    if (status.state === 'Running' && before.state === 'Paused') {
      await live.call((session) => session.pause());
      status = { state: 'Paused', reason: 'user', detail: null };
    } else if (status.state === 'Paused' && status.reason === 'user' && before.state === 'Running') {
      await live.call((session) => session.resume());
      status = { state: 'Running' };
    }
    const isTroubled = status.state === 'Stuck' || (status.state === 'Paused' && status.reason === 'ioError');
    const change: OnlineState = isTroubled ? stateOf(status, reason) : { state: status.state, reason, detail };
    context.write(before.id, { ...change, savedStateFile: before.savedStateFile });
  } catch (failure) {
    if (live.exit) return;
    const why = failure instanceof InnError ? failure.message : message;
    context.write(before.id, {
      state: 'Stuck',
      reason: 'engineHangs',
      detail: why,
      savedStateFile: before.savedStateFile,
    });
    await context.refresh(live);
  }
}
