import { InnError, toErrorReport } from '../../../shared/errors.ts';
import { boardDigest } from '../board-files.ts';
import { boardFolderOf } from '../board-folder.ts';
import { filesOf, markOf, settledMarks } from '../file-marks.ts';
import type { LiveSession } from '../live-session.ts';
import type { MachineRecord } from '../machine-record.ts';
import type { RunnerContext } from '../runner-context.ts';
import { newStateFile } from '../saved-state.ts';
import { engineFacts } from './runner-engines.ts';
import { resolveSpec } from './start-spec.ts';
import { fingerprintOf, readyPattern, sawPattern } from './warm-start.ts';

/** A guest that writes all the time has no moment to keep. */
const MAX_TRIES = 3;

/**
 * Keeps the machine's present state for instant starts; the machine goes on as it was. A state is good when no file
 * that the guest can see was written while it was kept: the marks before and after are the same.
 * @throws InnError `NOT_SUPPORTED`, `INVALID_STATE` when the guest writes to its disks all the time, `ENGINE_FAILED`,
 * `ENGINE_TIMEOUT`, `DISK_FULL`, `CANCELLED`
 */
export async function keepWarmStart(
  context: RunnerContext,
  live: LiveSession,
  record: MachineRecord,
  signal: AbortSignal,
): Promise<void> {
  const { id, config, warmStart: old } = record;
  await assertSupported(context, live, config.name);
  const spec = await resolveSpec(context.deps, id, config);
  const engine = await engineFacts(context, live.session.runtime.engine);
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const file = newStateFile('warm');
    const marks = await keepQuietState(context, live, file, filesOf(spec), signal);
    if (!marks) continue;
    const board = await boardDigest(boardFolderOf(context, record));
    context.states.patch(id, {
      warmStart: { file, fingerprint: fingerprintOf({ engine, spec, marks: [...marks, board] }) },
    });
    if (old) await context.removeState(id, old.file);
    return;
  }
  throw new InnError(
    'INVALID_STATE',
    `Cannot keep a warm start of '${config.name}' because its guest writes to its disks all the time.`,
    { hint: 'Wait until the guest is idle and try again. A warm start is of use only until the next write.' },
  );
}

/** Keeps one state; the marks of the files that belong to it, or undefined when one was written meanwhile. */
async function keepQuietState(
  context: RunnerContext,
  live: LiveSession,
  file: string,
  files: readonly string[],
  signal: AbortSignal,
): Promise<string[] | undefined> {
  const id = live.machineId;
  let isGood = false;
  try {
    const before = await settledMarks(files);
    await live.call((session) => session.keepState(context.stateFile(id, file)), signal);
    const after = await Promise.all(files.map(markOf));
    isGood = before.every((mark, index) => mark === after[index]);
    return isGood ? before : undefined;
  } finally {
    if (!isGood) await context.removeState(id, file);
  }
}

async function assertSupported({ deps }: RunnerContext, live: LiveSession, name: string): Promise<void> {
  const { engine } = live.session.runtime;
  const info = (await deps.probe()).find((each) => each.id === engine);
  const ability = info?.capabilities.warmStart;
  if (!ability || ability.isAvailable) return;
  throw new InnError(
    'NOT_SUPPORTED',
    `Cannot keep a warm start of '${name}': ${ability.reason ?? 'its engine cannot.'}`,
    {
      hint: 'Choose another engine for the machine, or save its state instead.',
      details: { engine },
    },
  );
}

/**
 * After a cold boot of a machine that keeps warm starts: waits for the guest to say that it is ready, then calls
 * `whenReady`. Never throws; ends when the session does, or when `signal` is aborted.
 */
export async function watchForReady(
  { deps }: RunnerContext,
  live: LiveSession,
  { id, config }: MachineRecord,
  signal: AbortSignal,
  whenReady: () => Promise<unknown>,
): Promise<void> {
  const pattern = readyPattern(config);
  if (!pattern || !config.keepsWarmStart) return;
  try {
    const serial = await live.call((session) => session.openChannel('serial'), signal);
    const close = () => serial.destroy();
    signal.addEventListener('abort', close);
    try {
      if (await sawPattern(serial, pattern)) await whenReady();
    } finally {
      signal.removeEventListener('abort', close);
      serial.destroy();
    }
  } catch (error) {
    // The start itself has succeeded: without a kept state the next one boots again, that is all.
    if (!live.exit && !signal.aborted)
      deps.log.warn({ machine: id, error: toErrorReport(error) }, 'No warm start kept');
  }
}
