import { chmod, readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InnError } from '../../../shared/errors.ts';
import type { DetachedProcess } from '../../processes/detached-process.ts';
import { lastWords } from '../../processes/last-words.ts';
import { readLogTail } from '../../processes/process-end.ts';
import { settlesWithin } from '../../processes/process-identity.ts';
import type { RuntimeRecord } from '../engine.ts';
import { QmpSession } from '../qmp-session.ts';
import { PROCESS_LOG, RUNTIME_FILES } from '../runtime-files.ts';
import type { StartSpec } from '../start-spec.ts';
import { adapterId } from './command-line/network.ts';
import { QemuDialect, type RunFacts } from './dialect.ts';
import { loadState } from './load-state.ts';

const READY_TIMEOUT_MS = 20_000;
const POLL_MS = 4;
/** How long a process that failed may take to be gone. */
const END_GRACE_MS = 500;

/**
 * Waits for the monitor of a QEMU that was just started, sets the machine up, loads its saved state and lets the guest
 * run, unless it is to stand paused.
 * @throws InnError `ENGINE_FAILED` with the last words of its log, `ENGINE_TIMEOUT`, `CANCELLED`; the caller ends it
 */
export async function beginRun(
  spec: StartSpec,
  qemu: DetachedProcess,
  facts: RunFacts,
  signal: AbortSignal,
): Promise<QmpSession> {
  const runtime = recordOf(spec, qemu);
  const session = new QmpSession({ runtime, dialect: new QemuDialect(runtime, facts), ended: qemu.ended });
  try {
    await connectWhenReady(session, qemu, signal);
    await closeSockets(runtime.runtimeFolder);
    await setUp(session, spec, signal);
    await session.setCpuLimit(spec.config.processors.capPercent);
    if (!spec.startsPaused) await session.resume();
    if (signal.aborted) throw new InnError('CANCELLED', 'The start was cancelled.');
    return session;
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw signal.aborted ? error : await withLastWords(error, spec, qemu);
  }
}

function recordOf(spec: StartSpec, { pid, pidStartTime }: DetachedProcess): RuntimeRecord {
  return {
    engine: 'qemu',
    machineId: spec.machineId,
    pid,
    pidStartTime,
    runtimeFolder: spec.folders.runtime,
    startedAt: new Date().toISOString(),
  };
}

/** The monitor comes a few hundredths of a second after the process; nothing tells when. */
async function connectWhenReady(session: QmpSession, qemu: DetachedProcess, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    try {
      await session.connect({ timeoutMs: Math.max(1, deadline - performance.now()), signal });
      return;
    } catch (error) {
      const isNotThere = error instanceof InnError && error.code === 'ENGINE_FAILED';
      if (
        !isNotThere ||
        performance.now() > deadline ||
        qemu.child.exitCode !== null ||
        qemu.child.signalCode !== null
      ) {
        throw error;
      }
    }
    await sleep(POLL_MS);
  }
}

/** QEMU makes its sockets as its file mode creation mask says; the folder keeps others out, and so shall they. */
async function closeSockets(runtimeFolder: string): Promise<void> {
  const sockets = (await readdir(runtimeFolder)).filter((name) => name.endsWith('.sock'));
  await Promise.all(sockets.map((name) => chmod(path.join(runtimeFolder, name), 0o600)));
}

async function setUp({ caller }: QmpSession, spec: StartSpec, signal: AbortSignal): Promise<void> {
  const { adapters, restoreFrom: file, folders } = spec;
  if (file !== null) {
    await loadState(caller, { file, socketPath: path.join(folders.runtime, RUNTIME_FILES.migration), signal });
  }
  for (const { index, isCableConnected } of adapters) {
    // A saved state brings the cable as it was; the settings may have changed since.
    if (!isCableConnected || file !== null) {
      await caller.execute('set_link', { name: adapterId(index), up: isCableConnected });
    }
  }
}

/** An error of a QEMU that has ended, with what it said last. */
async function withLastWords(error: unknown, spec: StartSpec, qemu: DetachedProcess): Promise<unknown> {
  if (!(await settlesWithin(qemu.ended, END_GRACE_MS))) return error;
  const { code, signal } = await qemu.ended;
  const logFile = path.join(spec.folders.logs, PROCESS_LOG);
  const log = await readLogTail(logFile);
  const how = signal === null ? `exit code ${code}` : signal;
  const isOfState = error instanceof InnError && error.details?.path === spec.restoreFrom;
  const message = isOfState ? error.message : `QEMU ended before the machine was set up (${how}).`;
  const last = lastWords(log);
  return new InnError('ENGINE_FAILED', last === undefined ? message : `${message} It said: ${last}`, {
    hint: isOfState ? error.hint : `The log may say more: ${logFile}`,
    details: { log: log.slice(-20), logFile },
    cause: error,
  });
}
