import { type ErrorReport, isErrorCode } from '../shared/errors.ts';
import { GroupOutcome, type GroupStop } from '../shared/group-contract.ts';
import { quotedNames } from '../shared/quoted-names.ts';
import { sayWarnings } from './admission/start-or-ask.ts';
import { api } from './api.ts';
import { countWords } from './bulk-actions.ts';
import { failureOfOne } from './failure-of-one.ts';
import { failureOf, notifyFailure, notifyFailures } from './notify.tsx';

/**
 * Starts the machines of a group in their start order; the task list shows how far it is, and can cancel it. What
 * admission warned of is said once for all, also when others failed.
 */
export async function startGroup(group: string): Promise<boolean> {
  try {
    const started = await api.group.start({ group });
    sayWarnings(started.map(({ config: { name }, warnings }) => ({ name, warnings })));
    return true;
  } catch (thrown) {
    sayFailed(`Starting the group '${group}'`, thrown);
    return false;
  }
}

/** Saves or shuts down the machines of a group, in the order turned around. */
export async function stopGroup(group: string, how: GroupStop): Promise<boolean> {
  try {
    await api.group.stop({ group, how });
    return true;
  } catch (thrown) {
    sayFailed(`${how === 'saveState' ? 'Saving' : 'Shutting down'} the group '${group}'`, thrown);
    return false;
  }
}

/** Tells every failure and who was left, where the core tells how far it came. */
function sayFailed(work: string, thrown: unknown): void {
  const failure = failureOf(thrown);
  const outcome = GroupOutcome.safeParse(failure.details?.group);
  if (!outcome.success) {
    notifyFailure(thrown);
    return;
  }
  const { failures, warned, left } = outcome.data;
  sayWarnings(warned);
  const each = failures.map(({ name, ...rest }) => failureOfOne(name, { ...rest, code: codeOf(rest.code, failure) }));
  const rest = left.length === 0 ? [] : [{ text: leftWords(left) }];
  notifyFailures(`${work} failed for ${countWords(failures.length)}`, each, rest);
}

const codeOf = (code: string, { code: usual }: ErrorReport) => (isErrorCode(code) ? code : usual);

function leftWords(names: readonly string[]): string {
  const words =
    names.length === 1
      ? 'comes later in the order and was left as it was'
      : 'come later in the order and were left as they were';
  return `${quotedNames(names)} ${words}.`;
}
