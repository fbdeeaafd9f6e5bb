import { useEffect, useState } from 'react';
import type { AdmissionReport } from '../../shared/model/admission.ts';
import type { MachineId } from '../../shared/model/machine.ts';
import { api } from '../api.ts';

/** What the host could give changes slowly: it is asked again this often, in milliseconds. */
const REFRESH_MS = 5000;

/** What admission says of a machine at the moment; undefined until it has answered, and for one that cannot start at all. */
export function useAdmission(machine: MachineId, isWanted: boolean): AdmissionReport | undefined {
  const [report, setReport] = useState<AdmissionReport>();
  useEffect(() => {
    if (!isWanted) return;
    let isCurrent = true;
    const ask = () =>
      api.admission.check({ machine }).then(
        (answer) => isCurrent && setReport(answer),
        () => isCurrent && setReport(undefined), // Why it cannot start stands elsewhere; the zones of the host's size serve.
      );
    void ask();
    const timer = setInterval(() => void ask(), REFRESH_MS);
    return () => {
      isCurrent = false;
      clearInterval(timer);
    };
  }, [machine, isWanted]);
  return report;
}
