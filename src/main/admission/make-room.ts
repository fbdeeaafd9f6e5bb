import { setTimeout as delay } from 'node:timers/promises';
import { InnError, toErrorReport } from '../../shared/errors.ts';
import { isOnline } from '../../shared/machine-state.ts';
import type { AdmissionReport, PlanChoice, PlanKind } from '../../shared/model/admission.ts';
import type { Machine, MachineConfig, MachineId } from '../../shared/model/machine.ts';
import { MIB } from '../../shared/units.ts';
import type { GuestUsage } from '../engines/engine.ts';
import type { Log } from '../log.ts';
import type { TaskHandle } from '../tasks/task-service.ts';
import type { MemoryCeilings } from './memory-ceilings.ts';
import { UndoStack } from './undo-stack.ts';

/** How long guests may take to give memory to their balloons, in milliseconds. */
const BALLOON_TIMEOUT_MS = 60_000;
const BALLOON_LOOK_MS = 250;
/** Guests give whole pages in large pieces: this close to the target is there, in bytes. */
const BALLOON_TOLERANCE_BYTES = 4 * MIB;

export interface RoomDeps {
  machines: {
    get(ref: string): Machine;
    configure(ref: string, revision: number, config: MachineConfig): Promise<Machine>;
  };
  runner: {
    judgeStart(id: MachineId): Promise<{ report: AdmissionReport; refusal: InnError | null }>;
    start(id: MachineId, options: { isDisposable: boolean }): Promise<unknown>;
    powerOff(id: MachineId): Promise<unknown>;
    saveState(id: MachineId): Promise<unknown>;
    usageOf(id: MachineId): Promise<GuestUsage>;
  };
  ceilings: MemoryCeilings;
  log: Pick<Log, 'warn'>;
}

export interface StartRequest {
  machineId: MachineId;
  choice: Exclude<PlanKind, 'wait'>;
  isDisposable: boolean;
}

/**
 * Carries one choice of the plan out and starts the machine. When anything fails, or the task is cancelled, balloons are
 * given back, saved machines started again and settings restored, in that order turned around.
 * @throws InnError what the start throws; `TIMEOUT` when a guest does not give its memory; `CANCELLED`
 */
export async function makeRoomAndStart(deps: RoomDeps, request: StartRequest, task: TaskHandle): Promise<void> {
  const undo = new UndoStack();
  try {
    await makeRoom(deps, request, task, undo);
    throwIfCancelled(task.signal);
    task.progress(0.7, `Starting '${deps.machines.get(request.machineId).config.name}'`);
    await startCancellably(deps, request, task.signal);
  } catch (error) {
    task.progress(null, 'Taking it back');
    await undo.undo((failure) =>
      deps.log.warn({ machine: request.machineId, error: toErrorReport(failure) }, 'What made room was not taken back'),
    );
    throw error;
  }
}

async function makeRoom(deps: RoomDeps, request: StartRequest, task: TaskHandle, undo: UndoStack): Promise<void> {
  const { report, refusal } = await deps.runner.judgeStart(request.machineId);
  if (!refusal) return; // Room has come by itself in the meantime.
  const choice = report.plan.find(({ kind }) => kind === request.choice);
  if (!choice) throw refusal;
  await carryOut(deps, request.machineId, choice, task, undo);
}

async function carryOut(deps: RoomDeps, id: MachineId, choice: PlanChoice, task: TaskHandle, undo: UndoStack) {
  if (choice.kind === 'balloon') await inflate(deps, id, choice, task, undo);
  if (choice.kind === 'save') await save(deps, choice, task, undo);
  if (choice.kind === 'lessMemory') await shrink(deps, id, choice.toMiB, undo);
}

async function inflate(
  { ceilings, runner }: RoomDeps,
  id: MachineId,
  { machines }: Extract<PlanChoice, { kind: 'balloon' }>,
  task: TaskHandle,
  undo: UndoStack,
): Promise<void> {
  undo.push(() => ceilings.release(id));
  for (const { machineId, toMiB } of machines) await ceilings.hold(machineId, toMiB, id);
  const deadline = performance.now() + BALLOON_TIMEOUT_MS;
  for (const [index, { machineId, name, toMiB }] of machines.entries()) {
    task.progress((0.6 * index) / machines.length, `Taking memory back from '${name}'`);
    while (!(await hasGiven(runner, machineId, toMiB))) {
      throwIfCancelled(task.signal);
      if (performance.now() > deadline) throw notGiven(name);
      await delay(BALLOON_LOOK_MS, undefined, { signal: task.signal }).catch(() => undefined); // looked at above
    }
  }
}

async function hasGiven(runner: RoomDeps['runner'], id: MachineId, toMiB: number): Promise<boolean> {
  const { balloonBytes } = await runner.usageOf(id);
  return balloonBytes !== null && balloonBytes <= toMiB * MIB + BALLOON_TOLERANCE_BYTES;
}

function notGiven(name: string): InnError {
  return new InnError('TIMEOUT', `'${name}' does not give the memory back that it was asked for.`, {
    hint: `Its guest may lack the balloon's driver. Save '${name}' instead, or start with less memory.`,
  });
}

async function save(
  { runner, machines: service }: RoomDeps,
  { machines }: Extract<PlanChoice, { kind: 'save' }>,
  task: TaskHandle,
  undo: UndoStack,
): Promise<void> {
  const needed = machines.filter(({ isNeeded }) => isNeeded);
  for (const [index, { machineId, name }] of needed.entries()) {
    throwIfCancelled(task.signal);
    task.progress((0.6 * index) / needed.length, `Saving the state of '${name}'`);
    await runner.saveState(machineId);
    undo.push(async () => {
      if (service.get(machineId).state === 'Saved') await runner.start(machineId, { isDisposable: false });
    });
  }
}

async function shrink({ machines }: RoomDeps, id: MachineId, toMiB: number, undo: UndoStack): Promise<void> {
  const before = machines.get(id);
  const { memoryMiB } = before.config;
  await machines.configure(id, before.revision, { ...before.config, memoryMiB: toMiB });
  undo.push(async () => {
    const now = machines.get(id);
    if (now.config.memoryMiB !== toMiB || isOnline(now.state)) return;
    await machines.configure(id, now.revision, { ...now.config, memoryMiB });
  });
}

/** A start that is cancelled is powered off, which interrupts it. */
async function startCancellably({ runner }: RoomDeps, request: StartRequest, signal: AbortSignal): Promise<void> {
  const { machineId, isDisposable } = request;
  const cancel = () => void runner.powerOff(machineId).catch(() => undefined); // It is not starting any more: the start tells.
  signal.addEventListener('abort', cancel, { once: true });
  try {
    await runner.start(machineId, { isDisposable });
  } finally {
    signal.removeEventListener('abort', cancel);
  }
  throwIfCancelled(signal);
}

function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new InnError('CANCELLED', 'Making room was cancelled.');
}
