import {
  type Icon,
  IconBolt,
  IconCameraPlus,
  IconCopy,
  IconDeviceDesktop,
  IconDeviceFloppy,
  IconFileText,
  IconFlame,
  IconFolderSymlink,
  IconPlayerPause,
  IconPlayerPlay,
  IconPower,
  IconRotateClockwise2,
  IconSettings,
  IconTemplate,
  IconTrash,
  IconTrashX,
  IconWash,
} from '@tabler/icons-react';
import { ACTIONS, can, hasSavedState, MACHINE_STATES, type MachineAction } from '../shared/machine-state.ts';
import type { Machine } from '../shared/model/machine.ts';
import { startOrAsk } from './admission/start-or-ask.ts';
import { api } from './api.ts';
import { openDialog } from './dialogs.ts';
import { type AbilityName, lacksAbility } from './engines.ts';
import { attempt, notifySuccess } from './notify.tsx';
import { preferences, showConsole, showTab } from './view.ts';

/** Something that can be done with one machine, from wherever: toolbar, menu, palette, key. */
export interface Command {
  label: string;
  icon: Icon;
  /** Key as it is written in menus. The bindings themselves are in `shortcuts.ts`. */
  shortcut?: string;
  /** Why it cannot be done now, as a sentence, or null when it can. */
  whyNot(machine: Machine): string | null;
  run(machine: Machine): Promise<unknown> | undefined;
}

/** Asks the action table, then the engine. */
export function refusal(action: MachineAction, ability?: AbilityName) {
  return (machine: Machine): string | null => {
    const { verb, requirement } = ACTIONS[action];
    if (machine.isDamaged && action !== 'remove') return `The record of '${machine.config.name}' is damaged.`;
    if (!can(action, machine.state)) {
      const state = MACHINE_STATES[machine.state].label;
      return `Cannot ${verb} '${machine.config.name}' because it ${requirement} (machine state: ${state}).`;
    }
    return ability === undefined ? null : lacksAbility(machine, ability);
  };
}

const ref = (machine: Machine) => ({ machine: machine.id });

function whyNotStart(machine: Machine): string | null {
  const { name, isTemplate } = machine.config;
  if (isTemplate) return `'${name}' is a template: it is kept as it is. Make a machine from it with New from Template.`;
  return refusal('start')(machine) ?? (machine.engine === null ? machine.engineReason : null);
}

/** A saved state goes on from its own disks, so that a run to be thrown away begins with a boot. */
function whyNotDisposable(machine: Machine): string | null {
  if (hasSavedState(machine.state)) return `'${machine.config.name}' has a saved state. Discard it first.`;
  return whyNotStart(machine);
}

function openClone(machine: Machine): undefined {
  openDialog({ kind: 'clone', machineId: machine.id, snapshotId: null });
}

/** One row per feature. What is legal stands in the action table, not here. */
export const COMMANDS = {
  start: {
    label: 'Start',
    icon: IconPlayerPlay,
    shortcut: 'Enter',
    whyNot: whyNotStart,
    run: (machine) => {
      showConsole(machine.id);
      return startOrAsk(machine);
    },
  },
  startInBackground: {
    label: 'Start in Background',
    icon: IconPlayerPlay,
    whyNot: whyNotStart,
    run: (machine) => startOrAsk(machine),
  },
  startDisposable: {
    label: 'Start Disposable',
    icon: IconWash,
    whyNot: whyNotDisposable,
    run: (machine) => {
      showConsole(machine.id);
      return startOrAsk(machine, true);
    },
  },
  show: {
    label: 'Show',
    icon: IconDeviceDesktop,
    shortcut: 'Enter',
    whyNot: refusal('show'),
    run: (machine) => {
      showConsole(machine.id);
      return undefined;
    },
  },
  pause: {
    label: 'Pause',
    icon: IconPlayerPause,
    shortcut: 'Ctrl+P',
    whyNot: refusal('pause'),
    run: (machine) => attempt(() => api.machine.pause(ref(machine))),
  },
  resume: {
    label: 'Resume',
    icon: IconPlayerPlay,
    shortcut: 'Ctrl+P',
    whyNot: refusal('resume'),
    run: (machine) => attempt(() => api.machine.resume(ref(machine))),
  },
  reset: {
    label: 'Reset',
    icon: IconRotateClockwise2,
    whyNot: refusal('reset'),
    run: (machine) => {
      if (preferences.get().skipsResetQuestion) return attempt(() => api.machine.reset(ref(machine)));
      openDialog({ kind: 'reset', machineId: machine.id });
      return undefined;
    },
  },
  saveState: {
    label: 'Save State',
    icon: IconDeviceFloppy,
    whyNot: refusal('saveState', 'saveState'),
    run: (machine) => attempt(() => api.machine.saveState(ref(machine))),
  },
  powerButton: {
    label: 'ACPI Shutdown',
    icon: IconPower,
    whyNot: refusal('powerButton', 'powerButton'),
    run: (machine) => attempt(() => api.machine.powerButton(ref(machine))),
  },
  powerOff: {
    label: 'Power Off',
    icon: IconBolt,
    whyNot: refusal('powerOff'),
    run: (machine) => {
      if (preferences.get().skipsPowerOffQuestion) return attempt(() => api.machine.powerOff(ref(machine)));
      openDialog({ kind: 'powerOff', machineId: machine.id });
      return undefined;
    },
  },
  discardState: {
    label: 'Discard Saved State',
    icon: IconTrashX,
    whyNot: refusal('discardState'),
    run: (machine) => {
      openDialog({ kind: 'discardState', machineId: machine.id });
      return undefined;
    },
  },
  keepWarmStart: {
    label: 'Keep Warm Start',
    icon: IconFlame,
    whyNot: refusal('keepWarmStart', 'warmStart'),
    run: async (machine) => {
      const isKept = await attempt(() => api.machine.keepWarmStart(ref(machine)));
      if (isKept) notifySuccess(`'${machine.config.name}' now starts from here at once.`);
    },
  },
  settings: {
    label: 'Settings',
    icon: IconSettings,
    shortcut: 'Ctrl+S',
    whyNot: refusal('configureLive'),
    run: (machine) => {
      openDialog({ kind: 'settings', machineId: machine.id, page: 'general' });
      return undefined;
    },
  },
  takeSnapshot: {
    label: 'Take Snapshot',
    icon: IconCameraPlus,
    shortcut: 'Ctrl+Shift+T',
    whyNot: refusal('takeSnapshot'),
    run: (machine) => {
      openDialog({ kind: 'takeSnapshot', machineId: machine.id });
      return undefined;
    },
  },
  clone: {
    label: 'Clone',
    icon: IconCopy,
    shortcut: 'Ctrl+O',
    whyNot: refusal('clone'),
    run: openClone,
  },
  newFromTemplate: {
    label: 'New from Template',
    icon: IconTemplate,
    whyNot: (machine) =>
      machine.config.isTemplate ? refusal('clone')(machine) : `'${machine.config.name}' is not a template.`,
    run: openClone,
  },
  moveToGroup: {
    label: 'Move to Group',
    icon: IconFolderSymlink,
    whyNot: refusal('configureLive'),
    run: (machine) => {
      openDialog({ kind: 'moveToGroup', machineIds: [machine.id] });
      return undefined;
    },
  },
  showLog: {
    label: 'Show Log',
    icon: IconFileText,
    shortcut: 'Ctrl+L',
    whyNot: () => null,
    run: (machine) => {
      showTab(machine.id, 'log');
      return undefined;
    },
  },
  remove: {
    label: 'Remove',
    icon: IconTrash,
    shortcut: 'Del',
    whyNot: refusal('remove'),
    run: (machine) => {
      openDialog({ kind: 'remove', machineId: machine.id });
      return undefined;
    },
  },
} as const satisfies Record<string, Command>;

export type CommandId = keyof typeof COMMANDS;

/** Start or Show: what Enter and a double click do, after the machine's state. */
export function primaryCommand(machine: Machine): 'start' | 'show' {
  return can('show', machine.state) ? 'show' : 'start';
}

/** Runs the command when it is legal. */
export function runCommand(id: CommandId, machine: Machine | undefined): void {
  if (machine === undefined) return;
  const command: Command = COMMANDS[id];
  if (command.whyNot(machine) === null) void command.run(machine);
}
