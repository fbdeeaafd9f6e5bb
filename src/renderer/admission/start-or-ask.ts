import { AdmissionReport } from '../../shared/model/admission.ts';
import type { Machine } from '../../shared/model/machine.ts';
import { api } from '../api.ts';
import { openDialog } from '../dialogs.ts';
import { failureOf, notifyFailure, notifyWarning } from '../notify.tsx';

/**
 * Starts the machine; where the host has no room for it, asks how to make some. What may go wrong later although it starts
 * is said quietly. True when it was started.
 */
export async function startOrAsk(machine: Machine, isDisposable = false): Promise<boolean> {
  const warned = warningsOf(machine);
  try {
    await api.machine.start({ machine: machine.id, isDisposable });
    for (const message of await warned) notifyWarning(message);
    return true;
  } catch (thrown) {
    const report = AdmissionReport.safeParse(failureOf(thrown).details);
    if (report.success) openDialog({ kind: 'noRoom', machineId: machine.id, report: report.data, isDisposable });
    else notifyFailure(thrown);
    return false;
  }
}

/** What admission warns of; nothing where it cannot answer: then the start itself says why. */
async function warningsOf({ id }: Machine): Promise<string[]> {
  try {
    const { warnings } = await api.admission.check({ machine: id });
    return warnings.map(({ message }) => message);
  } catch {
    return [];
  }
}
