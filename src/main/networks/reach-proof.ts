import type { ReachAnswer, ReachTrial } from '../../shared/model/virtual-network.ts';
import { RULES } from './gateway/policy.ts';
import type { FrameFate } from './network-process/frame-probe.ts';

/** A frame that was sent, with the adapter that it was sent at and what became of it. */
export interface Trial {
  adapter: number;
  sent: string;
  fate: FrameFate;
}

/**
 * An answer with the frames that were tried for it: where they contradict the settings, what they say holds. Pure.
 * @param isWhole whether every adapter was tried that is on a network; otherwise there may be a way by another one
 */
export function prove(answer: ReachAnswer, trials: readonly Trial[], isWhole: boolean): ReachAnswer {
  const shown = trials.map(({ adapter, sent, fate }) => ({
    adapter,
    sent,
    hasPassed: hasPassed(fate),
    says: says(fate),
  }));
  const known = shown.filter((trial) => trial.hasPassed !== null);
  const isReachable = known.some((trial) => trial.hasPassed);
  if (known.length === 0 || (!isReachable && !isWhole)) return { ...answer, trials: shown };
  if (isReachable === answer.isReachable) return { ...answer, isProven: true, trials: shown };
  const decisive = trials.find(({ fate }) => hasPassed(fate) === isReachable);
  return { ...answer, ...against(answer, decisive), isReachable, isProven: false, trials: shown };
}

/** Null: nothing came of it in time, which says nothing. */
function hasPassed({ fate }: FrameFate): ReachTrial['hasPassed'] {
  if (fate === 'late') return null;
  return fate === 'answered' || fate === 'wouldOpen';
}

function says(fate: FrameFate): string {
  switch (fate.fate) {
    case 'answered':
      return 'answered.';
    case 'wouldOpen':
      return `let through; stopped where the gateway would have connected to ${fate.address} port ${fate.port}.`;
    case 'dropped':
      return fate.reason === 'cable' ? 'ended at the pulled cable.' : 'kept by the switch.';
    case 'refused':
      return `refused by the gateway${fate.answer === 'prohibited' ? ' ("administratively prohibited")' : ''}${fate.rule ? `: ${fate.rule}` : ''}.`;
    case 'silent':
      return 'nobody there takes it.';
    default:
      return 'let through, but nothing came back in time.';
  }
}

function against(answer: ReachAnswer, trial: Trial | undefined): Pick<ReachAnswer, 'decidedBy' | 'rule' | 'reason'> {
  const fate = trial?.fate;
  const settings = `The settings say otherwise (${answer.rule}): ${answer.reason}`;
  const sent = trial === undefined ? '' : `${trial.sent}: ${says(trial.fate)} `;
  if (fate?.fate === 'dropped') {
    return { decidedBy: 'switch', rule: `switch.${fate.reason}`, reason: `${sent}${settings}` };
  }
  const rule = fate?.fate === 'refused' ? fate.rule : null;
  const why = rule ? `${RULES[rule]} ` : '';
  return { decidedBy: 'gateway', rule: rule ?? 'gateway.carries', reason: `${sent}${why}${settings}` };
}
