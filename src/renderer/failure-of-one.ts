import type { ErrorReport } from '../shared/errors.ts';
import { AdmissionReport } from '../shared/model/admission.ts';

/**
 * A machine's failure among those of others: it names the machine; where room could be made for its start, it says how
 * to be asked, since the question is put for one machine at a time.
 */
export function failureOfOne(name: string, failure: ErrorReport): ErrorReport {
  const { message, hint } = failure;
  const named = message.includes(`'${name}'`) ? message : `'${name}': ${message}`;
  const report = AdmissionReport.safeParse(failure.details);
  if (!report.success || report.data.plan.length === 0) return { ...failure, message: named };
  const choose = `Start '${name}' by itself to choose.`;
  return { ...failure, message: named, hint: hint === undefined ? choose : `${hint} ${choose}` };
}
