import type { AnyContractProcedure } from '@orpc/contract';

/** The one-line summary that the contract gives a call: the help of a command is the documentation of its call. */
export function summaryOf(procedure: AnyContractProcedure): string {
  return procedure['~orpc'].route.summary ?? '';
}
