import { mkdir } from 'node:fs/promises';
import { InnError } from '../../../shared/errors.ts';
import { hasSavedState, stateDuring } from '../../../shared/machine-state.ts';
import type { AdmissionWarning } from '../../../shared/model/admission.ts';
import type { EngineId } from '../../../shared/model/engine.ts';
import type { MachineId } from '../../../shared/model/machine.ts';
import type { Engine } from '../../engines/engine.ts';
import type { StartSpec } from '../../engines/start-spec.ts';
import { ensurePrivateFolder } from '../../paths.ts';
import { assertAdmitted } from '../admitted.ts';
import { boardDigest } from '../board-files.ts';
import { ensureBoard } from '../board-folder.ts';
import { filesOf, markOf } from '../file-marks.ts';
import { assertCan } from '../guard.ts';
import type { MachineRecord } from '../machine-record.ts';
import type { RunnerContext } from '../runner-context.ts';
import { assertStateUsable, hasStateFile, readSavedStateNote, removeStrayStates } from '../saved-state.ts';
import { withThrowAwayBoard, withThrowAwayDisks } from '../snapshots/disposable.ts';
import { chooseFor, engineFacts } from './runner-engines.ts';
import { assertMediaFree, resolveSpec } from './start-spec.ts';
import { fingerprintOf } from './warm-start.ts';

export interface StartOptions {
  /** All changes to the disks are thrown away when the run ends. */
  isDisposable: boolean;
}

/** Everything that a start needs, worked out while the machine is still at rest. */
export interface StartPlan {
  /** The machine as it was before, and is again when the start fails. */
  before: MachineRecord;
  engine: Engine;
  /** Restores the saved state, or boots. */
  spec: StartSpec;
  /** Tried before `spec`. */
  warmSpec: StartSpec | undefined;
  /** What admission warned of when it let the machine in. */
  warnings: readonly AdmissionWarning[];
}

const CLAIM_QUEUE = 'admission';

/**
 * Plans the start and claims the machine for it: its record says Starting or Restoring then. Admission of one machine
 * waits for that of another, so that two cannot be promised the same memory.
 * @throws InnError `INVALID_STATE`, `ENGINE_MISSING`, `INVALID_CONFIG`, `MEDIUM_IN_USE`, `HOST_MEMORY_SHORT`,
 * `POOL_FULL`, `FILE_NOT_FOUND`; nothing has changed then
 */
export async function planStart(context: RunnerContext, id: MachineId, options: StartOptions): Promise<StartPlan> {
  return context.queue.run(CLAIM_QUEUE, async () => {
    for (;;) {
      const before = context.require(id);
      assertCan('start', before);
      assertNoTemplate(before);
      const plan = await preparePlan(context, before, options);
      const warnings = await assertAdmitted(context, before, plan.engine.id);
      // Nothing above has changed the machine; somebody else may have, so look again in the turn that claims it.
      const now = context.require(id);
      assertCan('start', now);
      if (now.revision !== before.revision || now.state !== before.state) continue;
      assertMediaFree(plan.spec, context.deps.table.list());
      const state = stateDuring('start', now.state) ?? 'Starting';
      context.write(id, { state, reason: 'user', runtime: null, ...options });
      return { ...plan, warnings };
    }
  });
}

async function preparePlan(
  context: RunnerContext,
  before: MachineRecord,
  { isDisposable }: StartOptions,
): Promise<Omit<StartPlan, 'warnings'>> {
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
