import type { Grants } from '../../shared/model/pool.ts';
import type { Hypothesis, PoolPreview } from '../../shared/pool-contract.ts';

/** What can be asked of the allocation. */
export interface AllocationView {
  /** What each machine and pool is given at this moment, and why. */
  grants(): Grants;
  /** What each would be given with other claims; changes nothing. */
  preview(hypothesis: Hypothesis): PoolPreview;
}
