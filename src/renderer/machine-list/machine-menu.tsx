import { Menu } from '@mantine/core';
import { isRest } from '../../shared/machine-state.ts';
import type { Machine, MachineId } from '../../shared/model/machine.ts';
import { COMMANDS, type Command, type CommandId, primaryCommand } from '../actions.tsx';
import { BULK_COMMANDS, countWords, openBulk } from '../bulk-actions.ts';
import { useObservable } from '../observable.ts';
import { useMachine } from '../store.ts';
import { view } from '../view.ts';

export interface MenuPlace {
  machine: Machine;
  /** Window coordinates of the upper left corner. */
  x: number;
  y: number;
}

function menuParts(machine: Machine): CommandId[][] {
  return [
    machine.config.isTemplate
      ? ['newFromTemplate']
      : [
          primaryCommand(machine),
          ...(isRest(machine.state) ? (['startInBackground', 'startDisposable'] as const) : []),
        ],
    [machine.state === 'Paused' ? 'resume' : 'pause', 'reset', 'saveState', 'powerButton', 'powerOff'],
    ['discardState', 'keepWarmStart'],
    ['takeSnapshot', 'clone', 'moveToGroup'],
    ['settings', 'showLog', 'remove'],
  ];
}

/** Everything that can be done with a machine; what cannot be done now is shown, greyed, with its reason. */
export function MachineMenu({ place, onClose }: { place: MenuPlace | null; onClose(): void }) {
  const machine = useMachine(place?.machine.id ?? null);
  const selection = useObservable(view, (now) => now.selection);
  if (place === null || machine === undefined) return null;
  const isBulk = selection.length > 1 && selection.includes(machine.id);
  return (
    <Menu opened onClose={onClose} width={230} position="bottom-start" returnFocus>
      <Menu.Target>
        <span
          role="presentation"
          aria-label={`Actions for ${isBulk ? countWords(selection.length) : machine.config.name}`}
          style={{ position: 'fixed', left: place.x, top: place.y, width: 0, height: 0 }}
        />
      </Menu.Target>
      <Menu.Dropdown aria-label={`Actions for ${isBulk ? countWords(selection.length) : machine.config.name}`}>
        {isBulk && <BulkItems machineIds={selection} />}
        {!isBulk &&
          menuParts(machine).map((part, index) => [
            index > 0 && <Menu.Divider key={`before ${part[0]}`} />,
            ...part.map((id) => <CommandItem key={id} id={id} machine={machine} />),
          ])}
      </Menu.Dropdown>
    </Menu>
  );
}

/** What can be done with all chosen machines. */
function BulkItems({ machineIds }: { machineIds: readonly MachineId[] }) {
  return BULK_COMMANDS.map((id) => {
    const { label, icon: Glyph } = COMMANDS[id];
    return (
      <Menu.Item key={id} leftSection={<Glyph size={15} stroke={1.7} />} onClick={() => openBulk(id, machineIds)}>
        {label}
      </Menu.Item>
    );
  });
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
