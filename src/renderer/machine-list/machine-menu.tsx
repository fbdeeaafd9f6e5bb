import { Menu } from '@mantine/core';
import type { Machine } from '../../shared/model/machine.ts';
import { COMMANDS, type Command, type CommandId, primaryCommand } from '../actions.tsx';
import { useMachine } from '../store.ts';

export interface MenuPlace {
  machine: Machine;
  /** Window coordinates of the upper left corner. */
  x: number;
  y: number;
}

function menuParts(machine: Machine): CommandId[][] {
  return [
    [primaryCommand(machine), 'startInBackground'],
    [machine.state === 'Paused' ? 'resume' : 'pause', 'reset', 'saveState', 'powerButton', 'powerOff'],
    ['discardState', 'keepWarmStart'],
    ['settings', 'showLog', 'remove'],
  ];
}

/** Everything that can be done with a machine; what cannot be done now is shown, greyed, with its reason. */
export function MachineMenu({ place, onClose }: { place: MenuPlace | null; onClose(): void }) {
  const machine = useMachine(place?.machine.id ?? null);
  if (place === null || machine === undefined) return null;
  return (
    <Menu opened onClose={onClose} width={230} position="bottom-start" returnFocus>
      <Menu.Target>
        <span style={{ position: 'fixed', left: place.x, top: place.y, width: 0, height: 0 }} />
      </Menu.Target>
      <Menu.Dropdown aria-label={`Actions for ${machine.config.name}`}>
        {menuParts(machine).map((part, index) => [
          index > 0 && <Menu.Divider key={`before ${part[0]}`} />,
          ...part.map((id) => <CommandItem key={id} id={id} machine={machine} />),
        ])}
      </Menu.Dropdown>
    </Menu>
  );
}

/** One command as a menu item. */
export function CommandItem({ id, machine }: { id: CommandId; machine: Machine }) {
  const command: Command = COMMANDS[id];
  const reason = command.whyNot(machine);
  const Glyph = command.icon;
  return (
    <Menu.Item
      leftSection={<Glyph size={15} stroke={1.7} />}
      rightSection={command.shortcut !== undefined && <kbd className="inn-key">{command.shortcut}</kbd>}
      disabled={reason !== null}
      title={reason ?? undefined}
      onClick={() => void command.run(machine)}
      {...(id === 'remove' ? { color: 'red' } : {})}
    >
      {command.label}
    </Menu.Item>
  );
}
