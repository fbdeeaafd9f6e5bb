import {
  type Icon,
  IconAlertTriangleFilled,
  IconDeviceFloppy,
  IconHandStop,
  IconLoader2,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconPower,
} from '@tabler/icons-react';
import {
  describeState,
  isTransient,
  MACHINE_STATES,
  type MachineState,
  type StateReason,
} from '../../shared/machine-state.ts';
import type { Machine } from '../../shared/model/machine.ts';
import classes from './state-look.module.css';

const RESTING: Partial<Record<MachineState, { icon: Icon; color: string }>> = {
  PoweredOff: { icon: IconPower, color: 'var(--inn-state-off)' },
  Saved: { icon: IconDeviceFloppy, color: 'var(--inn-state-saved)' },
  Aborted: { icon: IconAlertTriangleFilled, color: 'var(--inn-state-aborted)' },
  AbortedSaved: { icon: IconAlertTriangleFilled, color: 'var(--inn-state-aborted)' },
  Running: { icon: IconPlayerPlayFilled, color: 'var(--inn-state-running)' },
  Paused: { icon: IconPlayerPauseFilled, color: 'var(--inn-state-paused)' },
  Stuck: { icon: IconHandStop, color: 'var(--inn-state-stuck)' },
};

/** Colours after the field's custom: grey off, yellow saved, green running, dark red aborted, magenta stuck. */
export function stateColor(state: MachineState): string {
  return RESTING[state]?.color ?? 'var(--inn-state-running)';
}

export function StateIcon({ state, size = 12 }: { state: MachineState; size?: number }) {
  const Glyph = RESTING[state]?.icon ?? IconLoader2;
  const turning = isTransient(state) ? classes.turning : undefined;
  return <Glyph size={size} color={stateColor(state)} className={turning} stroke={2.2} aria-hidden />;
}

/** Reasons that only say the state again. */
const PLAIN_REASONS = new Set<StateReason>(['user', 'powerOff', 'saved', 'created', 'takenBack']);

/** `Paused (I/O error)`; without the reason where it says nothing more. */
export function stateWords({ state, reason }: Pick<Machine, 'state' | 'reason'>): string {
  return describeState(state, PLAIN_REASONS.has(reason) || isTransient(state) ? null : reason);
}

/** Icon and words. The reason is added where it says more than the state does. */
export function StateLabel({ machine, withReason = false }: { machine: Machine; withReason?: boolean }) {
  const { state } = machine;
  const text = withReason ? stateWords(machine) : MACHINE_STATES[state].label;
  return (
    <span className={classes.label} style={{ ['--state' as string]: stateColor(state) }}>
      <StateIcon state={state} />
      {text}
    </span>
  );
}

/** The same as a pill, for the head of a machine's page. */
export function StatePill({ machine }: { machine: Machine }) {
  return (
    <span
      className={classes.pill}
      style={{ ['--state' as string]: stateColor(machine.state) }}
      role="status"
      aria-label={`State of ${machine.config.name}`}
    >
      <StateIcon state={machine.state} />
      {stateWords(machine)}
    </span>
  );
}
