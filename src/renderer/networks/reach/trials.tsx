import { IconArrowRight, IconBan, IconQuestionMark } from '@tabler/icons-react';
import type { ReachTrial } from '../../../shared/model/virtual-network.ts';
import classes from './verdict.module.css';

/** The frames that were sent in a machine's name, and what became of each. */
export function Trials({ trials }: { trials: readonly ReachTrial[] }) {
  const hasSeveral = new Set(trials.map(({ adapter }) => adapter)).size > 1;
  return (
    <ul className={classes.trials} aria-label="Frames that were tried">
      {trials.map(({ adapter, sent, hasPassed, says }) => {
        const Glyph = hasPassed === null ? IconQuestionMark : hasPassed ? IconArrowRight : IconBan;
        return (
          <li key={`${adapter} ${sent}`} data-passed={hasPassed ?? undefined}>
            <Glyph size={14} stroke={1.8} aria-hidden />
            <span>
              {hasSeveral && `Adapter ${adapter + 1}: `}
              {sent}
            </span>
            <span>{says}</span>
          </li>
        );
      })}
    </ul>
  );
}
