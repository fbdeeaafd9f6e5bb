import { InnError, toErrorReport } from '../../shared/errors.ts';
import { filesOf, settledMarks } from './file-marks.ts';
import type { LiveSession } from './live-session.ts';
import type { MachineRecord } from './machine-record.ts';
import type { RunnerContext } from './runner-context.ts';
import { newStateFile } from './saved-state.ts';
import { engineFacts } from './start-machine.ts';
import { resolveSpec } from './start-spec.ts';
import { fingerprintOf, readyPattern, sawPattern } from './warm-start.ts';

/**
 * Keeps the machine's present state for instant starts and lets it go on as it was. The guest stands still while its
 * state is written and its disks are marked, so that the marks belong to the state.
 * @throws InnError `NOT_SUPPORTED`, `ENGINE_FAILED`, `ENGINE_TIMEOUT`, `DISK_FULL`, `CANCELLED`
 */
export async function keepWarmStart(
  context: RunnerContext,
  live: LiveSession,
  { id, state, config, warmStart: old }: MachineRecord,
  signal: AbortSignal,
): Promise<void> {
  await assertSupported(context, live, config.name);
  const file = newStateFile('warm');
  const wasRunning = state === 'Running';
  try {
    if (wasRunning) await live.call((session) => session.pause(), signal);
    await live.call((session) => session.keepState(context.stateFile(id, file)), signal);
    const spec = await resolveSpec(context.deps, id, config);
    const marks = await settledMarks(filesOf(spec));
    const engine = await engineFacts(context, live.session.runtime.engine);
    context.states.patch(id, { warmStart: { file, fingerprint: fingerprintOf({ engine, spec, marks }) } });
    if (old) await context.removeState(id, old.file);
  } catch (error) {
    await context.removeState(id, file);
    throw error;
  } finally {
    // A power off that interrupted has no use for a guest that runs again.
    if (wasRunning && !live.exit && !signal.aborted) await live.call((session) => session.resume());
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
