import { AdmissionReport, type AdmissionWarning } from '../../shared/model/admission.ts';
import type { Machine } from '../../shared/model/machine.ts';
import { api } from '../api.ts';
import { openDialog } from '../dialogs.ts';
import { failureOf, notifyFailure, notifyWarning } from '../notify.tsx';
import { type WarnedMachine, warningNotice } from './warning-words.ts';

/**
 * Starts the machine; where the host has no room for it, asks how to make some. What may go wrong later although it starts
 * is said quietly. True when it was started.
 */
export async function startOrAsk(machine: Machine, isDisposable = false): Promise<boolean> {
  try {
    sayWarnings([await startWarned(machine, isDisposable)]);
    return true;
  } catch (thrown) {
    const report = AdmissionReport.safeParse(failureOf(thrown).details);
    if (report.success) openDialog({ kind: 'noRoom', machineId: machine.id, report: report.data, isDisposable });
    else notifyFailure(thrown);
    return false;
  }
}

/** Starts the machine and says nothing. @returns it with what admission warned of. @throws InnError what the start throws */
export async function startWarned(machine: Machine, isDisposable = false): Promise<WarnedMachine> {
  const warnings = warningsOf(machine);
  await api.machine.start({ machine: machine.id, isDisposable });
  return { name: machine.config.name, warnings: await warnings };
}

/** Says in one notice what may go wrong later with machines that have started; nothing when nothing was warned of. */
export function sayWarnings(started: readonly WarnedMachine[]): void {
  const notice = warningNotice(started);
  if (notice !== null) notifyWarning(notice.title, notice.items);
}

/** What admission warns of; nothing where it cannot answer: then the start itself says why. */
async function warningsOf({ id }: Machine): Promise<AdmissionWarning[]> {
  try {
    const { warnings } = await api.admission.check({ machine: id });
    return warnings;
  } catch {
    return [];
  }
}
