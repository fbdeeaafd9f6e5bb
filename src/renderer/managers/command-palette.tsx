import { createSpotlight, Spotlight, type SpotlightActionGroupData } from '@mantine/spotlight';
import { IconKeyboard, IconPlus, IconSearch, IconStethoscope } from '@tabler/icons-react';
import { MACHINE_STATES } from '../../shared/machine-state.ts';
import type { Machine } from '../../shared/model/machine.ts';
import { COMMANDS, type Command } from '../actions.tsx';
import { OsIcon } from '../components/os-icon.tsx';
import { startDemo } from '../demo.ts';
import { openDialog } from '../dialogs.ts';
import { useObservable } from '../observable.ts';
import { useMachine, useMachines } from '../store.ts';
import { selectMachine, view } from '../view.ts';

const [paletteStore, palette] = createSpotlight();

export function openPalette(): void {
  palette.open();
}

/** Ctrl+K: every command that is legal now, and every machine, by a few letters. */
export function CommandPalette() {
  const machines = useMachines();
  const selected = useMachine(useObservable(view, (now) => now.machineId));
  return (
    <Spotlight
      store={paletteStore}
      shortcut={null}
      actions={[...commandsOf(selected), general(machines.values()), machinesGroup(machines.values())]}
      limit={12}
      nothingFound="Nothing found"
      scrollable
      maxHeight={420}
      highlightQuery
      searchProps={{
        leftSection: <IconSearch size={16} />,
        placeholder: 'Do something, or go to a machine',
        'aria-label': 'Command',
      }}
    />
  );
}

function commandsOf(machine: Machine | undefined): SpotlightActionGroupData[] {
  if (machine === undefined) return [];
  const legal = Object.entries(COMMANDS as Record<string, Command>).filter(
    ([, command]) => command.whyNot(machine) === null,
  );
  return [
    {
      group: machine.config.name,
      actions: legal.map(([id, command]) => ({
        id,
        label: command.label,
        leftSection: <command.icon size={17} stroke={1.7} />,
        onClick: () => void command.run(machine),
      })),
    },
  ];
}

function general(machines: Iterable<Machine>): SpotlightActionGroupData {
  return {
    group: 'Innkeeper',
    actions: [
      {
        id: 'new',
        label: 'New machine',
        leftSection: <IconPlus size={17} stroke={1.7} />,
        onClick: () => openDialog({ kind: 'newMachine' }),
      },
      {
        id: 'demo',
        label: 'Start a demo machine',
        leftSection: <IconPlus size={17} stroke={1.7} />,
        onClick: () => void startDemo(machines),
      },
      {
        id: 'doctor',
        label: 'Doctor: engines and what they can do',
        leftSection: <IconStethoscope size={17} stroke={1.7} />,
        onClick: () => view.update((now) => ({ ...now, page: 'doctor' })),
      },
      {
        id: 'shortcuts',
        label: 'Keyboard shortcuts',
        leftSection: <IconKeyboard size={17} stroke={1.7} />,
        onClick: () => openDialog({ kind: 'shortcuts' }),
      },
    ],
  };
}

function machinesGroup(machines: Iterable<Machine>): SpotlightActionGroupData {
  return {
    group: 'Machines',
    actions: [...machines].map((machine) => ({
      id: machine.id,
      label: machine.config.name,
      description: MACHINE_STATES[machine.state].label,
      leftSection: <OsIcon osType={machine.config.osType} size={24} />,
      onClick: () => selectMachine(machine.id),
    })),
  };
}
