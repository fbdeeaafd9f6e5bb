import { InnError, toErrorReport } from '../../shared/errors.ts';
import type { GroupOutcome } from '../../shared/group-contract.ts';
import { quotedNames } from '../../shared/quoted-names.ts';
import type { OrderedMachine, StartStep } from '../hypervisor/start-order.ts';
import type { TaskHandle } from '../tasks/task-service.ts';

type Warned = GroupOutcome['warned'];

/** What is done with one machine; what is warned of goes into `warned`. */
type Work = (member: OrderedMachine, warned: Warned) => Promise<void>;

/**
 * Does each step when all of the one before is done, but for those that nobody waits for. A failure ends it before the
 * next step; the others of its step go on, and what is under way comes to its end before anything is told.
 * @returns what was warned of
 * @throws InnError the first failure, naming its machine and the others that failed, with a `GroupOutcome` as `group` in
 * its details; `CANCELLED` likewise
 */
export async function inSteps(
  steps: readonly StartStep<OrderedMachine>[],
  task: TaskHandle,
  work: Work,
): Promise<Warned> {
  const members = steps.flat();
  const begun = new Set<OrderedMachine>();
  const failed = new Map<OrderedMachine, InnError>();
  const warned: Warned = [];
  let done = 0;
  const one = async (member: OrderedMachine): Promise<boolean> => {
    begun.add(member);
    await work(member, warned).catch((error: unknown) => failed.set(member, named(member, error)));
    done += 1;
    task.progress(done / members.length);
    return !failed.has(member);
  };
  const loose: Promise<boolean>[] = [];
  for (const step of steps) {
    if (task.signal.aborted) break;
    const awaited = step.filter(({ startOrder }) => startOrder.waitsFor !== 'nothing');
    loose.push(...step.filter((member) => !awaited.includes(member)).map(one));
    if ((await Promise.all(awaited.map(one))).includes(false)) break;
  }
  await Promise.all(loose);
  if (failed.size === 0 && !task.signal.aborted) return warned;
  const left = members.filter((member) => !begun.has(member)).map(({ name }) => name);
  throw failureOf(failed, { warned, left });
}

/** @throws InnError `CANCELLED` */
export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new InnError('CANCELLED', 'The rest of the group was left as it is.');
}

/** The failure of one machine, which is named; programs find it in the details. */
function named({ id, name }: OrderedMachine, error: unknown): InnError {
  const { code, message, hint, details } = toErrorReport(error);
  const words = message.includes(`'${name}'`) ? message : `'${name}': ${message}`;
  return new InnError(code, words, { hint, details: { ...details, machine: name, machineId: id }, cause: error });
}

/** All that failed as one failure; that the rest was cancelled says less than why one of them failed. */
function failureOf(failed: ReadonlyMap<OrderedMachine, InnError>, rest: Omit<GroupOutcome, 'failures'>): InnError {
  const isCause = ([, { code }]: [OrderedMachine, InnError]) => code !== 'CANCELLED';
  const causes = [...failed].filter(isCause);
  const [first, ...others] = causes.length > 0 ? causes : [...failed];
  const failures = causes.map(([{ name }, error]) => ({ name, ...toErrorReport(error) }));
  const group: GroupOutcome = { failures, ...rest };
  if (first === undefined)
    return new InnError('CANCELLED', 'The rest of the group was left as it is.', { details: { group } });
  const [, { code, message, hint, details, cause }] = first;
  const also = causes.length < 2 ? '' : ` ${quotedNames(others.map(([{ name }]) => name))} failed, too.`;
  return new InnError(code, `${message}${also}`, { hint, details: { ...details, group }, cause });
}
