import type { AdmissionReport } from '../../shared/model/admission.ts';
import { type AdmissionRequest, weigh } from './admission-balance.ts';
import { planFor } from './admission-plan.ts';
import { reasonsFor, warningsFor } from './admission-words.ts';

/**
 * Decides whether the host can keep its promises with one more machine, or with more memory for one that runs. Pure;
 * sizes in bytes.
 *
 * Admitted when `available − reserve >= outstanding promises of the others + memory + engine overhead`, and every pool
 * around it stays within its limits. Guests touch their memory little by little, so available memory alone would admit
 * machines that later cannot all be served. Where overcommitment is allowed, promises count less, but never less than
 * what is known to be used; the machine itself always counts whole.
 */
export function admit(request: AdmissionRequest): AdmissionReport {
  const balance = weigh(request);
  const reasons = reasonsFor(request, balance);
  const isRefused = reasons.length > 0;
  const warnings = isRefused ? [] : warningsFor(request, balance);
  return {
    verdict: isRefused ? 'refused' : warnings.length > 0 ? 'admittedWithWarning' : 'admitted',
    numbers: {
      hostTotalBytes: Math.round(request.host.totalBytes),
      availableBytes: Math.round(request.host.availableBytes),
      hostReserveBytes: Math.round(request.host.reserveBytes),
      usedByMachinesBytes: Math.round(request.others.reduce((sum, { residentBytes }) => sum + residentBytes, 0)),
      promisedToOthersBytes: Math.round(balance.promisedToOthersBytes),
      memoryBytes: Math.round(request.memoryBytes),
      engineOverheadBytes: balance.overheadBytes,
      shortBytes: balance.shortBytes,
    },
    reasons,
    warnings,
    plan: isRefused ? planFor(request) : [],
  };
}
