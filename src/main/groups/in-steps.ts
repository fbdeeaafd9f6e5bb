import { InnError, toErrorReport } from '../../shared/errors.ts';
import type { GroupOutcome } from '../../shared/group-contract.ts';
import { quotedNames } from '../../shared/quoted-names.ts';
import type { OrderedMachine, StartStep } from '../hypervisor/start-order.ts';
import type { TaskHandle } from '../tasks/task-service.ts';

type Warned = GroupOutcome['warned'];

/** A machine that failed, with its failure, which names it. */
interface Failed {
  name: string;
  error: InnError;
}

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
  const failed = new Map<OrderedMachine, Failed>();
  const warned: Warned = [];
  let done = 0;
  const one = async (member: OrderedMachine): Promise<boolean> => {
    begun.add(member);
    await work(member, warned).catch((error: unknown) =>
      failed.set(member, { name: member.name, error: named(member, error) }),
    );
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
  const inOrder = members.flatMap(({ id }) => warned.filter(({ machineId }) => machineId === id));
  const left = members.filter((member) => !begun.has(member)).map(({ name }) => name);
  const failures = members.flatMap((member) => failed.get(member) ?? []);
  throw failureOf(failures, { warned: inOrder, left });
}

/** @throws InnError `CANCELLED` */
export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw cancelled();
}

/** The failure of one machine, which is named; programs find it in the details. */
function named({ id, name }: OrderedMachine, error: unknown): InnError {
  const { code, message, hint, details } = toErrorReport(error);
  const words = message.includes(`'${name}'`) ? message : `'${name}': ${message}`;
  return new InnError(code, words, { hint, details: { ...details, machine: name, machineId: id }, cause: error });
}

/** All that failed as one failure; that the rest was cancelled says less than why one of them failed. */
function failureOf(failed: readonly Failed[], rest: Omit<GroupOutcome, 'failures'>): InnError {
  const causes = failed.filter(({ error }) => error.code !== 'CANCELLED');
  const [first, ...others] = causes.length > 0 ? causes : failed;
  const failures = causes.map(({ name, error }) => ({ name, ...toErrorReport(error) }));
  const group: GroupOutcome = { failures, ...rest };
  if (first === undefined) return cancelled({ group });
  const { code, message, hint, details, cause } = first.error;
  const also = causes.length < 2 ? '' : ` ${quotedNames(others.map(({ name }) => name))} failed, too.`;
  return new InnError(code, `${message}${also}`, { hint, details: { ...details, group }, cause });
}

function cancelled(details?: Record<string, unknown>): InnError {
  return new InnError('CANCELLED', 'The rest of the group was left as it is.', { details });
}
