import { hasSavedState } from '../../shared/machine-state.ts';
import type { AdmissionWarning } from '../../shared/model/admission.ts';
import type { EngineId } from '../../shared/model/engine.ts';
import type { MachineConfig, MachineId } from '../../shared/model/machine.ts';
import type { Judgement, OnlineMachine } from '../admission/gatekeeper.ts';
import type { GuestUsage } from '../engines/engine.ts';
import type { LiveSession } from './live-session.ts';
import type { MachineRecord } from './machine-record.ts';
import type { RunnerContext } from './runner-context.ts';

/** How long admission waits for the counters of a running machine, in milliseconds. */
const SAMPLE_TIMEOUT_MS = 500;

/** Whether the host has room for the machine, were it started now. @param memoryMiB by default what its settings say */
export async function judgeStart(
  context: RunnerContext,
  record: MachineRecord,
  engine: EngineId,
  memoryMiB: number = record.config.memoryMiB,
): Promise<Judgement> {
  const kind = hasSavedState(record.state) ? 'restore' : 'start';
  const processors = record.config.processors.count;
  return context.deps.judge({ record, engine, kind, memoryMiB, processors }, await onlineBeside(context, record.id));
}

/**
 * @returns what may go wrong later, although it is let in
 * @throws InnError `HOST_MEMORY_SHORT`, `POOL_FULL`, with the report as `details`
 */
export async function assertAdmitted(
  context: RunnerContext,
  record: MachineRecord,
  engine: EngineId,
): Promise<readonly AdmissionWarning[]> {
  const { report, refusal } = await judgeStart(context, record, engine);
  if (refusal) throw refusal;
  for (const { message } of report.warnings) context.deps.log.warn({ machine: record.id }, message);
  return report.warnings;
}

/**
 * A running machine that is to have more memory, or more reserved than its balloon leaves it, needs that much of the host.
 * @throws InnError `HOST_MEMORY_SHORT`, `POOL_FULL`
 */
export async function assertGrowthAdmitted(
  context: RunnerContext,
  record: MachineRecord,
  after: MachineConfig,
): Promise<void> {
  const before = record.config;
  const growsMiB = Math.max(0, after.memoryMiB - before.memoryMiB, await lackingMiB(context, record, after));
  const processors = Math.max(0, after.processors.count - before.processors.count);
  if (growsMiB === 0 && processors === 0) return;
  const engine = record.runtime?.engine ?? 'embedded';
  const candidate = {
    record: { ...record, config: after },
    engine,
    kind: 'grow' as const,
    memoryMiB: growsMiB,
    processors,
  };
  const { refusal } = await context.deps.judge(candidate, await onlineBeside(context, record.id));
  if (refusal) throw refusal;
}

/** How much of a raised reservation the balloon holds now, in MiB. */
async function lackingMiB({ sessions }: RunnerContext, { id, config }: MachineRecord, after: MachineConfig) {
  const reserved = Math.min(after.resources.memory.reservationMiB, after.memoryMiB);
  if (reserved <= config.resources.memory.reservationMiB) return 0;
  const usage = await usageOf(sessions.get(id));
  return usage?.balloonBytes == null ? 0 : Math.max(0, Math.ceil(reserved - usage.balloonBytes / 1024 ** 2));
}

/** The other machines that are not at rest. One on its way holds nothing yet. */
async function onlineBeside({ deps, sessions }: RunnerContext, id: MachineId): Promise<OnlineMachine[]> {
  const isOther = (record: MachineRecord) =>
    record.id !== id && (record.runtime !== null || record.state === 'Starting' || record.state === 'Restoring');
  return Promise.all(
    deps.table
      .list()
      .filter(isOther)
      .map(async (record) => ({
        record,
        engine: record.runtime?.engine ?? deps.checkEngine(record.config).engine ?? 'embedded',
        usage: await usageOf(sessions.get(record.id)),
      })),
  );
}

async function usageOf(live: LiveSession | undefined): Promise<GuestUsage | undefined> {
  return live?.call((session) => session.sample(), AbortSignal.timeout(SAMPLE_TIMEOUT_MS)).catch(() => live.lastUsage); // A machine that does not answer counts with what was last known of it.
}
