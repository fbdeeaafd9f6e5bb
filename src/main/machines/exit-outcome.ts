import type { MachineState, StateReason } from '../../shared/machine-state.ts';
import type { Exit } from '../engines/engine.ts';

/**
 * What stands in the file of the machine's saved state while its process lives.
 * - `none`: there is no such file.
 * - `unconsumed`: the process continues from it, and the guest was not yet seen running.
 * - `partial`: the state is being written.
 * - `complete`: the state is written; the machine stands paused at it until its process ends.
 */
export type SavedPhase = 'none' | 'unconsumed' | 'partial' | 'complete';

/** The exit of a process that nobody saw ending. */
export interface UnseenExit {
  kind: 'crashed';
  reason: 'hostRestarted';
  detail: string;
}

export interface ExitOutcome {
  state: Extract<MachineState, 'PoweredOff' | 'Saved' | 'Aborted' | 'AbortedSaved'>;
  reason: StateReason;
  detail: string | null;
}

/**
 * The state of a machine whose process has ended. Pure; the same for every moment at which a process can end.
 *
 * | exit | none, partial | unconsumed | complete |
 * |---|---|---|---|
 * | guestShutdown | PoweredOff (guestShutdown) | PoweredOff (guestShutdown): it ran, the state is used up | Saved |
 * | powerOff | PoweredOff (powerOff) | Saved (cancelled) | Saved |
 * | crashed | Aborted (its reason) | AbortedSaved (its reason) | Saved |
 */
export function outcomeOf(exit: Exit | UnseenExit, saved: SavedPhase): ExitOutcome {
  if (saved === 'complete') return { state: 'Saved', reason: 'saved', detail: null };
  switch (exit.kind) {
    case 'guestShutdown':
      return { state: 'PoweredOff', reason: 'guestShutdown', detail: null };
    case 'powerOff':
      return saved === 'unconsumed'
        ? { state: 'Saved', reason: 'cancelled', detail: null }
        : { state: 'PoweredOff', reason: 'powerOff', detail: null };
    case 'crashed':
      return { state: saved === 'unconsumed' ? 'AbortedSaved' : 'Aborted', reason: exit.reason, detail: exit.detail };
  }
}
