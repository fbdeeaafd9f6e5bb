import { mkdir } from 'node:fs/promises';
import { InnError, toErrorReport } from '../../shared/errors.ts';
import { hasSavedState, stateDuring } from '../../shared/machine-state.ts';
import type { EngineId } from '../../shared/model/engine.ts';
import type { MachineConfig, MachineId } from '../../shared/model/machine.ts';
import type { Engine, Session } from '../engines/engine.ts';
import type { StartSpec } from '../engines/start-spec.ts';
import { ensurePrivateFolder } from '../paths.ts';
import { assertAdmitted } from './admitted.ts';
import { boardDigest } from './board-files.ts';
import { ensureBoard } from './board-folder.ts';
import { filesOf, markOf } from './file-marks.ts';
import { assertCan } from './guard.ts';
import { cancelled, type LiveSession } from './live-session.ts';
import type { MachineRecord } from './machine-record.ts';
import { setProcessPriority } from './process-priority.ts';
import { type OnlineState, stateOf } from './reconcile.ts';
import { EXIT_GRACE_MS, type RunnerContext } from './runner-context.ts';
import { assertStateUsable, hasStateFile, readSavedStateNote, removeStrayStates } from './saved-state.ts';
import { removeThrowAwayDisks, withThrowAwayBoard, withThrowAwayDisks } from './snapshots/disposable.ts';
import { assertMediaFree, resolveSpec } from './start-spec.ts';
import { fingerprintOf } from './warm-start.ts';

export interface StartOptions {
  /** All changes to the disks are thrown away when the run ends. */
  isDisposable: boolean;
}

/** Everything that a start needs, worked out while the machine is still at rest. */
interface StartPlan {
  /** The machine as it was before, and is again when the start fails. */
  before: MachineRecord;
  engine: Engine;
  /** Restores the saved state, or boots. */
  spec: StartSpec;
  /** Tried before `spec`. */
  warmSpec: StartSpec | undefined;
}

const CLAIM_QUEUE = 'admission';

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

/** Admission of one machine waits for that of another, so that two cannot be promised the same memory. */
async function planStart(context: RunnerContext, id: MachineId, options: StartOptions): Promise<StartPlan> {
  return context.queue.run(CLAIM_QUEUE, async () => {
    for (;;) {
      const before = context.require(id);
      assertCan('start', before);
      assertNoTemplate(before);
      const plan = await preparePlan(context, before, options);
      await assertAdmitted(context, before, plan.engine.id);
      // Nothing above has changed the machine; somebody else may have, so look again in the turn that claims it.
      const now = context.require(id);
      assertCan('start', now);
      if (now.revision !== before.revision || now.state !== before.state) continue;
      assertMediaFree(plan.spec, context.deps.table.list());
      const state = stateDuring('start', now.state) ?? 'Starting';
      context.write(id, { state, reason: 'user', runtime: null, ...options });
      return plan;
    }
  });
}

async function preparePlan(
  context: RunnerContext,
  before: MachineRecord,
  { isDisposable }: StartOptions,
): Promise<StartPlan> {
  const { deps } = context;
  const { id, config, savedStateFile } = before;
  const spec = { ...(await resolveSpec(deps, id, config)), boardFolder: await ensureBoard(context, before) };
  await mkdir(spec.folders.logs, { recursive: true, mode: 0o700 });
  ensurePrivateFolder(spec.folders.runtime);
  await removeStrayStates(spec.folders.machine, before);
  if (isDisposable) {
    return {
      before,
      engine: chooseFor(context, config),
      spec: withThrowAwayBoard(await withThrowAwayDisks(before, spec)),
      warmSpec: undefined,
    };
  }
  if (!hasSavedState(before.state) || savedStateFile === null) {
    const engine = chooseFor(context, config);
    return { before, engine, spec, warmSpec: await warmSpecOf(context, before, engine.id, spec) };
  }
  const note = await readSavedStateNote(spec.folders.machine, savedStateFile);
  const restoreFrom = context.stateFile(id, savedStateFile);
  await assertStateUsable(config.name, restoreFrom, note, await context.writableFiles(id, config));
  // A state fits the engine that made it, and no other.
  const engine = chooseFor(context, note ? { ...config, engine: note.engine } : config);
  return { before, engine, spec: { ...spec, restoreFrom, startsPaused: true }, warmSpec: undefined };
}

/** @throws InnError `INVALID_STATE` */
function assertNoTemplate({ config: { name, isTemplate }, state }: MachineRecord): void {
  if (!isTemplate) return;
  throw new InnError('INVALID_STATE', `Cannot start '${name}' because it is a template.`, {
    hint: `Clone '${name}' and start the clone, or take the template mark off its settings.`,
    details: { state, isTemplate },
  });
}

/** The engine that runs this configuration. @throws InnError `INVALID_CONFIG`, `ENGINE_MISSING` */
export function chooseFor({ deps }: RunnerContext, config: MachineConfig): Engine {
  const { engine: id, engineReason, issues } = deps.checkEngine(config);
  const engine = deps.engines.find((each) => each.id === id);
  if (engine) return engine;
  const errors = issues.filter(({ severity }) => severity === 'error');
  throw new InnError(
    errors.length > 0 ? 'INVALID_CONFIG' : 'ENGINE_MISSING',
    `Cannot start '${config.name}' because no engine can run it: ${engineReason}`,
    {
      hint: errors.length > 0 ? 'Change the settings that are named.' : 'The doctor says how to get an engine.',
      details: { issues },
    },
  );
}

/** The same start from the kept state, when there is one that still fits; one that does not is dropped for good. */
async function warmSpecOf(
  context: RunnerContext,
  { id, config, warmStart }: MachineRecord,
  engine: EngineId,
  spec: StartSpec,
): Promise<StartSpec | undefined> {
  if (!warmStart) return undefined;
  const isThere = await hasStateFile(spec.folders.machine, warmStart.file);
  const isFitting = isThere && warmStart.fingerprint === (await presentFingerprint(context, engine, spec));
  if (isFitting && config.keepsWarmStart) {
    return { ...spec, restoreFrom: context.stateFile(id, warmStart.file), isWarmStart: true };
  }
  await context.dropWarmStart(id);
  return undefined;
}

async function presentFingerprint(context: RunnerContext, id: EngineId, spec: StartSpec): Promise<string> {
  const marks = await Promise.all(filesOf(spec).map(markOf));
  const board = await boardDigest(spec.boardFolder);
  return fingerprintOf({ engine: await engineFacts(context, id), spec, marks: [...marks, board] });
}

/** Id and version of the engine, as far as its probe knows. */
export async function engineFacts(
  { deps }: RunnerContext,
  id: EngineId,
): Promise<{ id: EngineId; version: string | null }> {
  const info = (await deps.probe()).find((each) => each.id === id);
  return { id, version: info?.version ?? null };
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
async function endFailedStart(
  context: RunnerContext,
  { before, spec }: StartPlan,
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
