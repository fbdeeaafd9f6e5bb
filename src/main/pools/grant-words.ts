import type { Grant, GrantReason } from '../hypervisor/allocation.ts';

/** Why a machine has the processors it has, as a sentence. */
export function processorWords({ reason, amount }: Grant, ownPercent: number): string {
  if (reason === 'demand' && ownPercent < 100)
    return `It has what it wants, up to its execution cap of ${ownPercent} %.`;
  return WORDS[reason](Number(amount.toFixed(2)));
}

const WORDS: Record<GrantReason, (processors: number) => string> = {
  demand: () => 'It has what it wants.',
  limit: (processors) => `It is held at its limit of ${processors} processors.`,
  poolLimit: () => 'The machines of its pool share the limit of the pool.',
  reservation: (processors) => `Processors are short; it has the ${processors} that are reserved for it.`,
  shares: () => 'Processors are short; it has its part by shares.',
};
