import * as z from 'zod';

/**
 * The states of a machine, in VirtualBox's words (field guide §4.1). Each is one of three kinds:
 * `rest`: no process runs; `online`: a process runs; `transient`: on the way between them, and no action is legal but
 * those that the table below names.
 */
export const MACHINE_STATES = {
  PoweredOff: { kind: 'rest', label: 'Powered Off' },
  Saved: { kind: 'rest', label: 'Saved' },
  Aborted: { kind: 'rest', label: 'Aborted' },
  AbortedSaved: { kind: 'rest', label: 'Aborted-Saved' },
  Running: { kind: 'online', label: 'Running' },
  Paused: { kind: 'online', label: 'Paused' },
  Stuck: { kind: 'online', label: 'Stuck' },
  Starting: { kind: 'transient', label: 'Starting' },
  Stopping: { kind: 'transient', label: 'Stopping' },
  Saving: { kind: 'transient', label: 'Saving' },
  Restoring: { kind: 'transient', label: 'Restoring' },
  Snapshotting: { kind: 'transient', label: 'Taking Snapshot' },
  LiveSnapshotting: { kind: 'transient', label: 'Taking Live Snapshot' },
  RestoringSnapshot: { kind: 'transient', label: 'Restoring Snapshot' },
  DeletingSnapshot: { kind: 'transient', label: 'Deleting Snapshot' },
  DeletingSnapshotOnline: { kind: 'transient', label: 'Deleting Snapshot Online' },
  SettingUp: { kind: 'transient', label: 'Setting Up' },
} as const satisfies Record<string, { kind: 'rest' | 'online' | 'transient'; label: string }>;

export type MachineState = keyof typeof MACHINE_STATES;
export const ALL_STATES = Object.keys(MACHINE_STATES) as MachineState[];
export const MachineState = z.enum(ALL_STATES as [MachineState, ...MachineState[]]);

/** Why the machine is in its state; shown in brackets behind it: `Paused (I/O error)`. */
export const STATE_REASONS = {
  created: 'created',
  user: 'by the user',
  booted: 'booted',
  restored: 'restored',
  warmStart: 'warm start',
  unpaused: 'resumed',
  idle: 'idle',
  reset: 'reset',
  guestShutdown: 'shut down by the guest',
  powerOff: 'powered off',
  saved: 'state saved',
  ioError: 'I/O error',
  guestPanic: 'guest crashed',
  engineCrashed: 'engine crashed',
  engineKilled: 'engine was killed',
  engineHangs: 'engine does not answer',
  startFailed: 'start failed',
  saveFailed: 'save failed',
  restoreFailed: 'restore failed',
  cancelled: 'cancelled',
  hostRestarted: 'host was restarted',
  takenBack: 'taken back by the program',
  discarded: 'saved state discarded',
  snapshotTaken: 'snapshot taken',
  snapshotFailed: 'snapshot failed',
  snapshotRestored: 'snapshot restored',
} as const;

export type StateReason = keyof typeof STATE_REASONS;
export const StateReason = z.enum(Object.keys(STATE_REASONS) as [StateReason, ...StateReason[]]);

interface ActionRule {
  /** Word of the button and of messages: "Cannot resume 'web' because …". */
  verb: string;
  label: string;
  from: readonly MachineState[];
  /** The state while the action works; absent when the machine keeps its state. */
  during?: Partial<Record<MachineState, MachineState>> | MachineState;
  /** The state when the action succeeded; absent when the machine keeps its state. */
  to?: MachineState;
  /** What the message says after "because it". */
  requirement: string;
}

const OFF = ['PoweredOff', 'Aborted'] as const;
const REST = ['PoweredOff', 'Saved', 'Aborted', 'AbortedSaved'] as const;
const LIVE = ['Running', 'Paused'] as const;
/** At work on snapshots while a process runs. */
const SNAPSHOTTING = ['Snapshotting', 'LiveSnapshotting', 'DeletingSnapshotOnline'] as const;

/**
 * The action table: the core guards with it, the window enables buttons with it, the docs print it, the tests
 * enumerate it. Legal states per command: field guide §4.2.
 */
export const ACTIONS = {
  start: {
    verb: 'start',
    label: 'Start',
    from: REST,
    during: { PoweredOff: 'Starting', Aborted: 'Starting', Saved: 'Restoring', AbortedSaved: 'Restoring' },
    to: 'Running',
    requirement: 'is not powered off or saved',
  },
  pause: { verb: 'pause', label: 'Pause', from: ['Running'], to: 'Paused', requirement: 'is not running' },
  resume: { verb: 'resume', label: 'Resume', from: ['Paused'], to: 'Running', requirement: 'is not paused' },
  reset: {
    verb: 'reset',
    label: 'Reset',
    from: ['Running', 'Paused', 'Stuck'],
    to: 'Running',
    requirement: 'is not running, paused or stuck',
  },
  powerButton: {
    verb: 'shut down',
    label: 'ACPI Shutdown',
    from: ['Running'],
    requirement: 'is not running',
  },
  powerOff: {
    verb: 'power off',
    label: 'Power Off',
    from: [...LIVE, 'Stuck', 'Starting', 'Restoring', 'Saving', ...SNAPSHOTTING],
    during: 'Stopping',
    to: 'PoweredOff',
    requirement: 'is not running, paused or stuck',
  },
  saveState: {
    verb: 'save the state of',
    label: 'Save State',
    from: LIVE,
    during: 'Saving',
    to: 'Saved',
    requirement: 'is not running or paused',
  },
  discardState: {
    verb: 'discard the saved state of',
    label: 'Discard Saved State',
    from: ['Saved', 'AbortedSaved'],
    to: 'PoweredOff',
    requirement: 'has no saved state',
  },
  keepWarmStart: {
    verb: 'keep a warm start of',
    label: 'Keep Warm Start',
    from: LIVE,
    requirement: 'is not running or paused',
  },
  show: {
    verb: 'show',
    label: 'Show',
    from: [...LIVE, 'Stuck', 'Saving', ...SNAPSHOTTING],
    requirement: 'is not running',
  },
  type: {
    verb: 'type into',
    label: 'Type Text',
    from: ['Running', 'LiveSnapshotting', 'DeletingSnapshotOnline'],
    requirement: 'is not running',
  },
  screenshot: {
    verb: 'take a screenshot of',
    label: 'Take Screenshot',
    from: [...LIVE, 'Stuck', ...SNAPSHOTTING],
    requirement: 'is not running or paused',
  },
  configure: {
    verb: 'change the settings of',
    label: 'Settings',
    from: OFF,
    requirement: 'is not powered off',
  },
  configureLive: {
    verb: 'change the settings of',
    label: 'Settings',
    from: [...REST, ...LIVE],
    requirement: 'is busy',
  },
  clone: {
    verb: 'clone',
    label: 'Clone',
    from: OFF,
    during: 'SettingUp',
    requirement: 'is not powered off',
  },
  takeSnapshot: {
    verb: 'take a snapshot of',
    label: 'Take Snapshot',
    from: [...REST, ...LIVE],
    during: { Running: 'LiveSnapshotting', Paused: 'Snapshotting' },
    requirement: 'is busy',
  },
  restoreSnapshot: {
    verb: 'restore a snapshot of',
    label: 'Restore Snapshot',
    from: REST,
    requirement: 'is not powered off or saved',
  },
  deleteSnapshot: {
    verb: 'delete a snapshot of',
    label: 'Delete Snapshot',
    from: [...REST, ...LIVE],
    during: {
      ...{ PoweredOff: 'DeletingSnapshot', Saved: 'DeletingSnapshot' },
      ...{ Aborted: 'DeletingSnapshot', AbortedSaved: 'DeletingSnapshot' },
      ...{ Running: 'DeletingSnapshotOnline', Paused: 'DeletingSnapshotOnline' },
    },
    requirement: 'is busy',
  },
  remove: {
    verb: 'remove',
    label: 'Remove',
    from: REST,
    requirement: 'is not powered off or saved',
  },
} as const satisfies Record<string, ActionRule>;

export type MachineAction = keyof typeof ACTIONS;
export const ALL_ACTIONS = Object.keys(ACTIONS) as MachineAction[];

function ruleOf(action: MachineAction): ActionRule {
  return ACTIONS[action];
}

/** Whether the action is legal in the state. */
export function can(action: MachineAction, state: MachineState): boolean {
  return ruleOf(action).from.includes(state);
}

/** The state to show while the action works, or undefined when the machine keeps its own. */
export function stateDuring(action: MachineAction, from: MachineState): MachineState | undefined {
  const { during } = ruleOf(action);
  return typeof during === 'object' ? during[from] : during;
}

/** The state after success, or undefined when the machine keeps its own. */
export function stateAfter(action: MachineAction): MachineState | undefined {
  return ruleOf(action).to;
}

export const isRest = (state: MachineState): boolean => MACHINE_STATES[state].kind === 'rest';
export const isOnline = (state: MachineState): boolean => MACHINE_STATES[state].kind === 'online';
export const isTransient = (state: MachineState): boolean => MACHINE_STATES[state].kind === 'transient';
/** Saved and AbortedSaved: the file with the machine's state is kept. */
export const hasSavedState = (state: MachineState): boolean => state === 'Saved' || state === 'AbortedSaved';

/**
 * The action most likely to lead to where `action` becomes legal, or undefined when only waiting helps
 * (transitional states) or nothing does.
 */
export function suggestAction(action: MachineAction, state: MachineState): MachineAction | undefined {
  if (can(action, state) || isTransient(state)) return undefined;
  const wanted = ruleOf(action).from;
  const steps: MachineAction[] = ['resume', 'discardState', 'start', 'powerOff'];
  return steps.find((step) => can(step, state) && wanted.some((target) => target === stateAfter(step)));
}

/** `Running (booted)`, as it is printed wherever a state is shown. */
export function describeState(state: MachineState, reason?: StateReason | null): string {
  const { label } = MACHINE_STATES[state];
  return reason ? `${label} (${STATE_REASONS[reason]})` : label;
}
