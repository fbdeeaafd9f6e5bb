import type { MediumId } from '../../../shared/model/medium.ts';
import type { ChangeEvent } from '../../events.ts';
import type { RunnerContext } from '../runner-context.ts';

/** Hides those of the media that no machine and no snapshot names: they are kept for what builds on them. */
export function hideUnnamed(
  { deps: { media } }: Pick<RunnerContext, 'deps'>,
  ids: readonly MediumId[],
  publish: (event: ChangeEvent) => void,
): void {
  for (const id of ids) {
    if (media.isKept(id) || media.machinesOf(id).length > 0) continue;
    media.amend(id, { isHidden: true }, publish);
  }
}
