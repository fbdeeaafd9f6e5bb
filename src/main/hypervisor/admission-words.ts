import type { AdmissionReason, AdmissionReport, AdmissionWarning, PlanChoice } from '../../shared/model/admission.ts';
import { formatBytes, formatMiB } from '../../shared/units.ts';
import type { AdmissionRequest, Balance, PoolBalance } from './admission-balance.ts';

/** What stands in the way, the host first. Empty: nothing. */
export function reasonsFor(request: AdmissionRequest, balance: Balance): AdmissionReason[] {
  const onHost: AdmissionReason[] =
    balance.shortBytes > 0
      ? [{ kind: 'hostMemory', shortBytes: balance.shortBytes, message: hostShort(request, balance) }]
      : [];
  return [...onHost, ...balance.pools.flatMap((pool) => poolReasons(request, pool))];
}

function hostShort({ host, memoryBytes, kind }: AdmissionRequest, balance: Balance): string {
  const promised = balance.promisedToOthersBytes;
  const parts = [
    ...(promised > 0 ? [`${formatBytes(promised)} of it promised to others`] : []),
    ...(host.reserveBytes > 0 ? [`${formatBytes(host.reserveBytes)} kept for the host itself`] : []),
  ];
  const needs = `${formatBytes(memoryBytes)}${kind === 'grow' ? ' more' : ''}`;
  const engine = balance.overheadBytes > 0 ? ` and its engine ${formatBytes(balance.overheadBytes)}` : '';
  const available = [`${formatBytes(host.availableBytes)} are available`, ...parts].join(', ');
  return `the host is short of ${formatBytes(balance.shortBytes)} of memory: the machine needs ${needs}${engine}, and ${available}.`;
}

function poolReasons(request: AdmissionRequest, balance: PoolBalance): AdmissionReason[] {
  const { pool, promisedBytes, promisedProcessors, shortBytes, shortProcessors } = balance;
  const reasons: AdmissionReason[] = [];
  if (shortBytes > 0) {
    const limitBytes = Math.floor((pool.memoryLimitBytes ?? 0) * pool.memoryOvercommit);
    const message = `the pool '${pool.name}' may promise ${formatBytes(limitBytes)} of memory and has promised ${formatBytes(promisedBytes)}: it is short of ${formatBytes(shortBytes)}.`;
    reasons.push({ kind: 'poolMemory', poolName: pool.name, limitBytes, promisedBytes, shortBytes, message });
  }
  if (shortProcessors > 0) {
    const limit = (pool.processorLimit ?? 0) * pool.processorOvercommit;
    const message = `the pool '${pool.name}' may promise ${limit} virtual processors and has promised ${promisedProcessors}: there is no room for ${request.processors} more.`;
    reasons.push({ kind: 'poolProcessors', poolName: pool.name, limit, promised: promisedProcessors, message });
  }
  return reasons;
}

/** What may go wrong later with a machine that is let in. */
export function warningsFor(request: AdmissionRequest, balance: Balance): AdmissionWarning[] {
  const { host, others, storage } = request;
  const warnings: AdmissionWarning[] = [];
  if (balance.shortOfPromisesBytes > 0) {
    const message = `Machines are promised ${formatBytes(balance.shortOfPromisesBytes)} more memory than there is. By what they usually use, it fits.`;
    warnings.push({ kind: 'memoryOvercommit', message });
  }
  const processors = others.reduce((sum, claim) => sum + claim.processors, request.processors);
  if (request.processors > 0 && processors > host.processors) {
    const message = `${processors} virtual processors share the ${host.processors} of this computer: machines that are busy at once slow each other down.`;
    warnings.push({ kind: 'processorOvercommit', message });
  }
  if (storage && storage.promisedBytes > storage.freeBytes) {
    const message = `Disks of running machines can still grow by ${formatBytes(storage.promisedBytes)}, and ${formatBytes(storage.freeBytes)} are free on their file system.`;
    warnings.push({ kind: 'storage', message });
  }
  return warnings;
}

const VERBS: Record<AdmissionRequest['kind'], string> = {
  start: 'start',
  restore: 'start',
  grow: 'give more to',
};

/** The refusal as one sentence: the first reason is told, the others are in the report. */
export function refusalMessage({ name, kind }: AdmissionRequest, { reasons }: AdmissionReport): string {
  return `Cannot ${VERBS[kind]} '${name}' because ${reasons[0]?.message ?? 'there is no room for it.'}`;
}

/** What to do about a refusal: the plan in words. */
export function refusalHint({ name }: AdmissionRequest, { plan }: AdmissionReport): string {
  const words = plan.map(choiceWords);
  const last = words.pop();
  if (last === undefined) return `Give '${name}' less in its settings, or end other programs, then try again.`;
  const all = words.length === 0 ? last : `${words.join(', ')}, or ${last}`;
  return `There is a way: ${all}.`;
}

/** One choice of a plan, as the rest of a sentence. */
export function choiceWords(choice: PlanChoice): string {
  switch (choice.kind) {
    case 'balloon':
      return `take ${formatBytes(choice.freesBytes)} back from ${namesOf(choice.machines)} by balloon`;
    case 'save':
      return `save ${namesOf(choice.machines.filter(({ isNeeded }) => isNeeded))}`;
    case 'lessMemory':
      return `start it with ${formatMiB(choice.toMiB)}`;
    case 'wait':
      return 'wait until it fits';
  }
}

function namesOf(machines: readonly { name: string }[]): string {
  const names = machines.map(({ name }) => `'${name}'`);
  if (names.length > 3) return `${names.slice(0, 2).join(', ')} and ${names.length - 2} others`;
  const last = names.pop() ?? 'nobody';
  return names.length === 0 ? last : `${names.join(', ')} and ${last}`;
}
