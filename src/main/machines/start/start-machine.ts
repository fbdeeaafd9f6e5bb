import { toErrorReport } from '../../../shared/errors.ts';
import type { MachineId } from '../../../shared/model/machine.ts';
import type { Session } from '../../engines/engine.ts';
import { cancelled, type LiveSession } from '../live-session.ts';
import type { MachineRecord } from '../machine-record.ts';
import { setProcessPriority } from '../process-priority.ts';
import { stateOf } from '../reconcile.ts';
import type { RunnerContext } from '../runner-context.ts';
import { endFailedStart } from './failed-start.ts';
import { planStart, type StartOptions, type StartPlan } from './start-plan.ts';

/**
 * Starts a machine, or restores its saved state: refusals first, with nothing changed; then Starting or Restoring;
 * then Running, or back to the state before with the reason. The file of a saved state is deleted only when the
 * restored guest was seen running.
 * @throws InnError `INVALID_STATE`, `ENGINE_MISSING`, `INVALID_CONFIG`, `MEDIUM_IN_USE`, `HOST_MEMORY_SHORT`,
 * `POOL_FULL`, `FILE_NOT_FOUND`, `ENGINE_FAILED`, `ENGINE_TIMEOUT`, `CANCELLED`
 */
export async function startMachine(
  context: RunnerContext,
  id: MachineId,
  options: StartOptions,
  signal: AbortSignal,
): Promise<LiveSession> {
  const plan = await planStart(context, id, options);
  let live: LiveSession | undefined;
  try {
    const { session, isWarm } = await launch(context, plan, signal);
    live = context.adopt(id, session);
    live.warnings = plan.warnings;
    live.saved = plan.spec.restoreFrom === null ? 'none' : 'unconsumed';
    if (isWarm) live.warmStartedAtMs = performance.now();
    await applyPriority(context, plan.before, session);
    await confirmRunning(context, live, signal, isWarm);
    return live;
  } catch (error) {
    await endFailedStart(context, plan, live, error, signal);
    throw error;
  }
}

/** A machine without the permission for its priority runs all the same. */
async function applyPriority(context: RunnerContext, { id, config }: MachineRecord, session: Session): Promise<void> {
  const { priority } = config.resources;
  if (priority !== 'normal') await context.tidy(id, () => setProcessPriority(session.runtime, priority));
}

/** Starts the engine and gets the networks ready at the same time; what fails there ends the start. */
async function launch(
  context: RunnerContext,
  plan: StartPlan,
  signal: AbortSignal,
): Promise<{ session: Session; isWarm: boolean }> {
  if (signal.aborted) throw cancelled();
  const { id, config } = plan.before;
  const failed = new AbortController();
  context.networks.beginSession(id);
  const plugging = context.networks.plug(id, config).catch((error: unknown) => {
    failed.abort();
    throw error;
  });
  const starting = startEngine(context, plan, AbortSignal.any([signal, failed.signal]));
  const [plugged, started] = await Promise.allSettled([plugging, starting]);
  if (plugged.status === 'rejected') {
    if (started.status === 'fulfilled') await endUnused(context, id, started.value.session);
    throw plugged.reason;
  }
  if (started.status === 'rejected') throw started.reason;
  return started.value;
}

/** It came up before it was told that it is not wanted. */
async function endUnused(context: RunnerContext, id: MachineId, session: Session): Promise<void> {
  await context.tidy(id, () => session.powerOff());
  await session[Symbol.asyncDispose]();
}

/** From the kept state when there is one, and by a cold boot when that does not work. */
async function startEngine(
  context: RunnerContext,
  { before, engine, spec, warmSpec }: StartPlan,
  signal: AbortSignal,
): Promise<{ session: Session; isWarm: boolean }> {
  if (warmSpec) {
    try {
      return { session: await engine.start(warmSpec, { signal }), isWarm: true };
    } catch (error) {
      if (signal.aborted) throw error;
      context.deps.log.warn({ machine: before.id, error: toErrorReport(error) }, 'The warm start failed; booting');
      await context.dropWarmStart(before.id);
    }
  }
  return { session: await engine.start(spec, { signal }), isWarm: false };
}

/**
 * A restored guest stands paused until here: its process is written down before the guest can change a disk. The
 * saved state is given up only when the guest was seen running.
 */
async function confirmRunning(
  context: RunnerContext,
  live: LiveSession,
  signal: AbortSignal,
  isWarm: boolean,
): Promise<void> {
  const id = live.machineId;
  context.states.patch(id, { runtime: live.session.runtime });
  if (signal.aborted) throw cancelled();
  const isRestored = live.saved === 'unconsumed';
  if (isRestored) await live.call((session) => session.resume(), signal);
  const status = await live.call((session) => session.status(), signal);
  context.write(id, stateOf(status, isRestored ? 'restored' : isWarm ? 'warmStart' : 'booted'));
  if (status.state === 'Running') await context.consumeSavedState(live);
}
