import type { MachineState, StateReason } from '../../shared/machine-state.ts';
import type { SessionStatus } from '../engines/engine.ts';

export interface OnlineState {
  state: Extract<MachineState, 'Running' | 'Paused' | 'Stuck'>;
  reason: StateReason;
  detail: string | null;
}

/** The state that an engine's status stands for; a running machine gets the reason of the caller. */
export function stateOf(status: SessionStatus, reasonWhenRunning: StateReason): OnlineState {
  if (status.state === 'Running') return { state: 'Running', reason: reasonWhenRunning, detail: null };
  return { state: status.state, reason: status.reason, detail: status.detail };
}

/**
 * What to write when the engine says `status` of a machine that is recorded as `state` (`reason`); undefined when the
 * record is true already. Pure. Only for machines that are recorded as online: while an action works, it knows better.
 */
export function reconcile(state: MachineState, reason: StateReason, status: SessionStatus): OnlineState | undefined {
  if (state !== 'Running' && state !== 'Paused' && state !== 'Stuck') return undefined;
  if (state !== status.state) return stateOf(status, 'unpaused');
  if (status.state === 'Running') return undefined;
  // A pause is a pause, whoever wanted it: `saveFailed` and `takenBack` stay until something happens.
  const isKnown =
    reason === status.reason || (status.state === 'Paused' && status.reason === 'user' && reason !== 'ioError');
  return isKnown ? undefined : stateOf(status, 'unpaused');
}
