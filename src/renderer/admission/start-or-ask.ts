import { AdmissionReport } from '../../shared/model/admission.ts';
import type { Machine } from '../../shared/model/machine.ts';
import { api } from '../api.ts';
import { openDialog } from '../dialogs.ts';
import { failureOf, notifyFailure } from '../notify.tsx';

/** Starts the machine; where the host has no room for it, asks how to make some. True when it was started. */
export async function startOrAsk(machine: Machine, isDisposable = false): Promise<boolean> {
  try {
    await api.machine.start({ machine: machine.id, isDisposable });
    return true;
  } catch (thrown) {
    const report = AdmissionReport.safeParse(failureOf(thrown).details);
    if (report.success) openDialog({ kind: 'noRoom', machineId: machine.id, report: report.data, isDisposable });
    else notifyFailure(thrown);
    return false;
  }
}
