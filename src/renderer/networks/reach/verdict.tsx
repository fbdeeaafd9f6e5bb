import { IconCircleCheck, IconCircleX } from '@tabler/icons-react';
import type { ReachAnswer } from '../../../shared/model/virtual-network.ts';
import { deciderWords, endWithin, endWords } from '../../../shared/network-names.ts';
import { Trials } from './trials.tsx';
import classes from './verdict.module.css';

/** Whether one end reaches another, why, and which rule decides. */
export function Verdict({ answer }: { answer: ReachAnswer }) {
  const { from, to, isReachable, decidedBy, rule, reason, isProven, trials } = answer;
  const Glyph = isReachable ? IconCircleCheck : IconCircleX;
  return (
    <div className={classes.verdict} data-reachable={isReachable}>
      <Glyph size={20} stroke={1.8} aria-hidden />
      <div>
        <b>
          {endWords(from)} {isReachable ? 'reaches' : 'does not reach'} {endWithin(to)}.
        </b>
        <p>{reason}</p>
        <small>
          Decided by {deciderWords(decidedBy)}: <code>{rule}</code>
          {isProven === true && ' · tried with real frames'}
          {isProven === false && ' · real frames said otherwise'}
        </small>
        {trials.length > 0 && <Trials trials={trials} />}
      </div>
    </div>
  );
}
