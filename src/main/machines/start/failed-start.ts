import { toErrorReport } from '../../../shared/errors.ts';
import type { LiveSession } from '../live-session.ts';
import { type OnlineState, stateOf } from '../reconcile.ts';
import { EXIT_GRACE_MS, type RunnerContext } from '../runner-context.ts';
import { removeThrowAwayDisks } from '../snapshots/disposable.ts';
import type { StartPlan } from './start-plan.ts';

/**
 * Puts the machine back to the state before.
 *
 * | the process | cold start | restore |
 * |---|---|---|
 * | never came up | PoweredOff (startFailed) | Saved or AbortedSaved, as it was (restoreFailed) |
 * | never came up, as the user cancelled | PoweredOff (cancelled) | Saved or AbortedSaved, as it was (cancelled) |
 * | came up and died | Aborted | AbortedSaved |
 * | lives, and the user cancelled | Stopping: the power off that cancelled it goes on | the same |
 * | lives, and does not let the guest go | as it is (restoreFailed) | the same; the state is kept until the guest runs |
 * | lives, and does not answer | Stuck (engineHangs) | the same; the state is kept |
 */
export async function endFailedStart(
  context: RunnerContext,
  { before, spec }: Pick<StartPlan, 'before' | 'spec'>,
  live: LiveSession | undefined,
  error: unknown,
  signal: AbortSignal,
): Promise<void> {
  const id = before.id;
  if (!live) {
    const isRestore = spec.restoreFrom !== null;
    const failed = isRestore ? 'restoreFailed' : 'startFailed';
    const reason = signal.aborted ? 'cancelled' : failed;
    const detail = signal.aborted ? null : toErrorReport(error).message;
    context.write(id, { state: isRestore ? before.state : 'PoweredOff', reason, detail });
    await context.networks.unplug(id);
    await removeThrowAwayDisks(spec.folders.machine);
    return;
  }
  // The power off that cancelled the start goes on with the process that lives.
  const found = live.exit ? undefined : await askAfterFailure(live, error, signal);
  if (live.exit) return context.settle(live);
  if (signal.aborted || !found) return;
  context.write(id, found);
  if (found.state === 'Running') await context.consumeSavedState(live);
}

/** How the machine stands after a call to it failed; undefined when its process has ended by now. */
async function askAfterFailure(
  live: LiveSession,
  error: unknown,
  signal: AbortSignal,
): Promise<OnlineState | undefined> {
  const { message: detail } = toErrorReport(error);
  try {
    const status = await live.call((session) => session.status(), signal);
    const reason = live.saved === 'none' ? 'startFailed' : 'restoreFailed';
    return status.state === 'Stuck' ? stateOf(status, reason) : { state: status.state, reason, detail };
  } catch {
    // The first error says more than this one.
    const hasEnded = signal.aborted || (await live.endsWithin(EXIT_GRACE_MS));
    return hasEnded ? undefined : { state: 'Stuck', reason: 'engineHangs', detail };
  }
}
