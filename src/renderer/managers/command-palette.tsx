import { createSpotlight, Spotlight, type SpotlightActionGroupData } from '@mantine/spotlight';
import {
  IconActivity,
  IconDatabase,
  IconKeyboard,
  IconNetwork,
  IconPlus,
  IconRoute,
  IconSearch,
  IconStethoscope,
} from '@tabler/icons-react';
import { useState } from 'react';
import { MACHINE_STATES } from '../../shared/machine-state.ts';
import type { Machine } from '../../shared/model/machine.ts';
import { COMMANDS, type Command } from '../actions.tsx';
import { OsIcon } from '../components/os-icon.tsx';
import { startDemo } from '../demo.ts';
import { openDialog } from '../dialogs.ts';
import { useObservable } from '../observable.ts';
import { useMachine, type World, world } from '../store.ts';
import { selectMachine, showActivity, showMedia, showNetworks, view } from '../view.ts';

const [paletteStore, palette] = createSpotlight();

export function openPalette(): void {
  palette.open();
}

/** Ctrl+K: every command that is legal now, and every machine, by a few letters. */
export function CommandPalette() {
  const [isOpen, setOpen] = useState(false);
  return (
    <Spotlight
      store={paletteStore}
      shortcut={null}
      actions={useActions(isOpen)}
      onSpotlightOpen={() => setOpen(true)}
      onSpotlightClose={() => setOpen(false)}
      limit={12}
      nothingFound="Nothing found"
      scrollable
      maxHeight={420}
      highlightQuery
      overlayProps={{ backgroundOpacity: 0.25, blur: 0 }}
      transitionProps={{ duration: 90, transition: 'pop' }}
      searchProps={{
        leftSection: <IconSearch size={16} />,
        placeholder: 'Do something, or go to a machine',
        'aria-label': 'Command',
      }}
    />
  );
}

/** Nothing while the palette is closed: with a thousand machines the list is long. */
function useActions(isOpen: boolean): SpotlightActionGroupData[] {
  const machines = useObservable(world, (now) => (isOpen ? now.machines : NO_MACHINES));
  const selected = useMachine(useObservable(view, (now) => (isOpen ? now.machineId : null)));
  if (!isOpen) return [];
  return [...commandsOf(selected), general(machines.values()), machinesGroup(machines.values())];
}

const NO_MACHINES: World['machines'] = new Map();

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
        id: 'media',
        label: 'Media Manager: disks, discs and floppies',
        leftSection: <IconDatabase size={17} stroke={1.7} />,
        onClick: showMedia,
      },
      {
        id: 'networks',
        label: 'Network Manager: networks, addresses and port forwards',
        leftSection: <IconNetwork size={17} stroke={1.7} />,
        onClick: () => showNetworks(),
      },
      {
        id: 'map',
        label: 'Network map',
        leftSection: <IconRoute size={17} stroke={1.7} />,
        onClick: () => showNetworks('map'),
      },
      {
        id: 'reach',
        label: 'Can A reach B?',
        leftSection: <IconRoute size={17} stroke={1.7} />,
        onClick: () => openDialog({ kind: 'reach', from: view.get().machineId }),
      },
      {
        id: 'activity',
        label: 'Activity: what this computer and its machines do',
        leftSection: <IconActivity size={17} stroke={1.7} />,
        onClick: () => showActivity(),
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
      leftSection: <OsIcon osType={machine.config.osType} size={20} />,
      onClick: () => selectMachine(machine.id),
    })),
  };
}
