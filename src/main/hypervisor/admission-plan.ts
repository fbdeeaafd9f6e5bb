import type { PlanChoice } from '../../shared/model/admission.ts';
import { LIMITS } from '../../shared/model/hardware.ts';
import type { MachineId } from '../../shared/model/machine.ts';
import { ENGINE_OVERHEAD_BYTES } from '../../shared/process-memory.ts';
import { MIB } from '../../shared/units.ts';
import { type AdmissionRequest, afterBallooning, afterSaving, type Balance, fits, weigh } from './admission-balance.ts';
import type { MachineClaim } from './admission-claims.ts';

/** What other programs may take of the host between the plan and the start: less memory leaves them that, where it can. */
const DRIFT_BYTES = 64 * MIB;
/** Halvings in the search for how hard the balloons must press: finer than a MiB in a million. */
const BALLOON_STEPS = 20;

/**
 * What would make a refused machine fit, gentlest first; each choice alone is enough. Pure. Empty for a machine that
 * is simply too large for the host or its pools.
 */
export function planFor(request: AdmissionRequest): PlanChoice[] {
  const choices = [balloonChoice(request), saveChoice(request), lessMemoryChoice(request), waitChoice(request)];
  return choices.filter((choice) => choice !== undefined);
}

/** All machines that can give something give the same share of what they can, in whole MiB. */
function balloonChoice(request: AdmissionRequest): PlanChoice | undefined {
  const balance = weigh(request);
  const givers = request.others.filter((claim) => canGive(claim) && wouldHelp(claim, balance));
  const targetsAt = (share: number) => new Map(givers.map((claim) => [claim.machineId, targetBytes(claim, share)]));
  const isEnough = (share: number) => fits(afterBallooning(request, targetsAt(share)));
  if (!isEnough(1)) return undefined;
  let [tooLittle, enough] = [0, 1];
  for (let step = 0; step < BALLOON_STEPS; step += 1) {
    const middle = (tooLittle + enough) / 2;
    if (isEnough(middle)) enough = middle;
    else tooLittle = middle;
  }
  const targets = targetsAt(enough);
  const machines = givers.flatMap(({ machineId, name, promisedBytes }) => {
    const toMiB = (targets.get(machineId) ?? promisedBytes) / MIB;
    return toMiB < promisedBytes / MIB ? [{ machineId, name, fromMiB: Math.floor(promisedBytes / MIB), toMiB }] : [];
  });
  const freesBytes = givers.reduce((sum, { machineId, promisedBytes }) => {
    return sum + promisedBytes - (targets.get(machineId) ?? promisedBytes);
  }, 0);
  return { kind: 'balloon', machines, freesBytes };
}

const canGive = ({ leastBytes, promisedBytes }: MachineClaim): boolean =>
  leastBytes !== null && Math.ceil(leastBytes / MIB) < promisedBytes / MIB;

/** A machine outside of a pool that is full cannot make room in it. */
function wouldHelp({ poolIds }: MachineClaim, { shortBytes, pools }: Balance): boolean {
  const isShort = (each: Balance['pools'][number]) => each.shortBytes > 0 || each.shortProcessors > 0;
  return shortBytes > 0 || pools.some((each) => isShort(each) && poolIds.includes(each.pool.id));
}

/** Whole MiB, as balloons are set; rounded towards giving more, never below the least. */
function targetBytes({ promisedBytes, leastBytes }: MachineClaim, share: number): number {
  const least = leastBytes ?? promisedBytes;
  if (share === 0) return promisedBytes;
  const wanted = Math.floor((promisedBytes - (promisedBytes - least) * share) / MIB);
  return Math.max(Math.ceil(least / MIB), wanted) * MIB;
}

/** Saves the machines that nobody has used for longest, and no more of them than are needed. */
function saveChoice(request: AdmissionRequest): PlanChoice | undefined {
  const balance = weigh(request);
  const candidates = request.others
    .filter((claim) => claim.canSave && wouldHelp(claim, balance))
    .sort((a, b) => Date.parse(a.lastUsedAt) - Date.parse(b.lastUsedAt));
  const needed = new Set<MachineId>();
  const isEnough = () => fits(afterSaving(request, needed));
  for (const { machineId } of candidates) {
    if (isEnough()) break;
    needed.add(machineId);
  }
  if (needed.size === 0 || !isEnough()) return undefined;
  spareTheUnneeded(candidates, needed, isEnough);
  const machines = candidates.map((claim) => ({
    machineId: claim.machineId,
    name: claim.name,
    lastUsedAt: claim.lastUsedAt,
    freesBytes: freedBySaving(claim),
    isNeeded: needed.has(claim.machineId),
  }));
  const freesBytes = machines.reduce((sum, each) => sum + (each.isNeeded ? each.freesBytes : 0), 0);
  return { kind: 'save', machines, freesBytes };
}

/** A large machine late in the list can make those before it unnecessary; the last used is spared first. */
function spareTheUnneeded(candidates: readonly MachineClaim[], needed: Set<MachineId>, isEnough: () => boolean): void {
  for (const { machineId } of [...candidates].reverse()) {
    if (!needed.delete(machineId)) continue;
    if (!isEnough()) needed.add(machineId);
  }
}

function freedBySaving({ promisedBytes, residentBytes, engine }: MachineClaim): number {
  return Math.max(residentBytes, promisedBytes + ENGINE_OVERHEAD_BYTES[engine]);
}

/** A saved state fits the memory it was saved with, so only a cold start can do with less. */
function lessMemoryChoice(request: AdmissionRequest): PlanChoice | undefined {
  if (request.kind !== 'start') return undefined;
  const { shortBytes, pools } = weigh(request);
  const step = LIMITS.memoryMiB.min;
  const most = [shortBytes > 0 ? shortBytes + DRIFT_BYTES : 0, shortBytes].map((ofHost) => {
    const lacking = Math.max(ofHost, ...pools.map((each) => each.shortBytes));
    return Math.floor((request.memoryBytes - lacking) / MIB / step) * step;
  });
  const toMiB = most.find((mib) => mib > 0 && mib * MIB >= request.leastMemoryBytes && mib * MIB < request.memoryBytes);
  if (toMiB === undefined || !fits({ ...request, memoryBytes: toMiB * MIB })) return undefined;
  return { kind: 'lessMemory', fromMiB: Math.floor(request.memoryBytes / MIB), toMiB };
}

/** Waiting helps when it would fit on the host with nobody else there. */
function waitChoice(request: AdmissionRequest): PlanChoice | undefined {
  if (request.kind === 'grow') return undefined;
  const host = { ...request.host, availableBytes: request.host.totalBytes };
  return fits({ ...request, host, others: [] }) ? { kind: 'wait' } : undefined;
}
