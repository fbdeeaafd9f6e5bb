import { ActionIcon, Button, Menu, Tooltip } from '@mantine/core';
import { IconChevronDown, IconPlayerStop, IconPlus } from '@tabler/icons-react';
import type { Machine, MachineId } from '../shared/model/machine.ts';
import { COMMANDS, type Command, type CommandId, primaryCommand } from './actions.tsx';
import { BULK_COMMANDS, countWords, openBulk } from './bulk-actions.ts';
import { openDialog } from './dialogs.ts';
import { CommandItem } from './machine-list/machine-menu.tsx';
import { useObservable } from './observable.ts';
import { useMachine } from './store.ts';
import classes from './toolbar.module.css';
import { view } from './view.ts';

const STARTS = ['start', 'startInBackground', 'startDisposable'] as const satisfies CommandId[];
const STOPS = ['saveState', 'powerButton', 'powerOff'] as const satisfies CommandId[];

/** The commands of the selected machine, in the field's order. */
export function MachineToolbar() {
  const machine = useMachine(useObservable(view, (now) => now.machineId));
  const selection = useObservable(view, (now) => now.selection);
  const isPaused = machine?.state === 'Paused';
  return (
    <div className={classes.bar} role="toolbar" aria-label="Machine">
      <Button
        leftSection={<IconPlus size={15} />}
        aria-label="New machine"
        onClick={() => openDialog({ kind: 'newMachine' })}
      >
        New
      </Button>
      <span className={classes.gap} />
      {selection.length > 1 ? (
        <BulkButtons machineIds={selection} />
      ) : (
        <>
          <CommandButton id="settings" machine={machine} />
          <StartButtons machine={machine} />
          <StopMenu machine={machine} />
          <CommandButton id={isPaused ? 'resume' : 'pause'} machine={machine} />
          <CommandButton id="reset" machine={machine} />
          <CommandButton id="discardState" machine={machine} label="Discard" />
        </>
      )}
    </div>
  );
}

/** Start or Show, and beside it the other ways to start. */
function StartButtons({ machine }: { machine: Machine | undefined }) {
  const id = machine === undefined ? 'start' : primaryCommand(machine);
  return (
    <>
      <CommandButton id={id} machine={machine} look="strong" />
      {machine !== undefined && id === 'start' && (
        <Menu width={220}>
          <Menu.Target>
            <Tooltip label="In the background, or with all changes thrown away afterwards">
              <ActionIcon aria-label="Other ways to run" size="sm" ml={-6}>
                <IconChevronDown size={12} />
              </ActionIcon>
            </Tooltip>
          </Menu.Target>
          <Menu.Dropdown aria-label="Other ways to run">
            {STARTS.map((each) => (
              <CommandItem key={each} id={each} machine={machine} />
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
    </>
  );
}

/** What can be done with all chosen machines at once; each asks once. */
function BulkButtons({ machineIds }: { machineIds: readonly MachineId[] }) {
  return (
    <>
      <span className={classes.count}>{countWords(machineIds.length)}</span>
      {BULK_COMMANDS.map((id) => {
        const { label, icon: Glyph } = COMMANDS[id];
        return (
          <Button
            key={id}
            variant="subtle"
            color="gray"
            className={classes.button ?? ''}
            leftSection={<Glyph size={16} stroke={1.7} />}
            aria-label={label}
            onClick={() => openBulk(id, machineIds)}
          >
            {label}
          </Button>
        );
      })}
    </>
  );
}

type CommandLook = 'quiet' | 'strong' | 'icon' | 'filled' | 'plain';

const VARIANTS = { quiet: 'subtle', strong: 'subtle', icon: 'subtle', filled: 'filled', plain: 'default' } as const;

interface CommandButtonProps {
  id: CommandId;
  machine: Machine | undefined;
  label?: string;
  /** `quiet` for the toolbar, `strong` for its first choice, `icon` where room is short, `filled` and `plain` where they stand alone. */
  look?: CommandLook;
}

/** A command as a button that stays focusable when it is greyed, so that its reason can be read. */
export function CommandButton({ id, machine, label, look = 'quiet' }: CommandButtonProps) {
  const command: Command = COMMANDS[id];
  const reason = machine === undefined ? 'No machine is selected.' : command.whyNot(machine);
  const Glyph = command.icon;
  const isDisabled = reason !== null;
  const shared = {
    'aria-label': command.label,
    'aria-disabled': isDisabled,
    ...(isDisabled ? { 'data-disabled': true } : {}),
    onClick: () => machine !== undefined && !isDisabled && void command.run(machine),
  };
  return (
    <Tooltip label={reason ?? hintOf(command)}>
      {look === 'icon' ? (
        <ActionIcon {...shared}>
          <Glyph size={17} stroke={1.7} />
        </ActionIcon>
      ) : (
        <Button
          {...shared}
          variant={VARIANTS[look]}
          color={look === 'quiet' ? 'gray' : 'dusk'}
          className={VARIANTS[look] === 'subtle' ? (classes.button ?? '') : ''}
          data-strong={look === 'strong' || undefined}
          leftSection={<Glyph size={16} stroke={1.7} />}
        >
          {label ?? command.label}
        </Button>
      )}
    </Tooltip>
  );
}

function hintOf(command: Command): string {
  return command.shortcut === undefined ? command.label : `${command.label} (${command.shortcut})`;
}

function StopMenu({ machine }: { machine: Machine | undefined }) {
  const canStop = machine !== undefined && STOPS.some((id) => COMMANDS[id].whyNot(machine) === null);
  const reason = machine === undefined ? 'No machine is selected.' : COMMANDS.powerOff.whyNot(machine);
  return (
    <Menu width={210} disabled={!canStop}>
      <Menu.Target>
        <Tooltip label={canStop ? 'Save State, ACPI Shutdown or Power Off' : reason}>
          <Button
            variant="subtle"
            color="gray"
            className={classes.button ?? ''}
            leftSection={<IconPlayerStop size={16} stroke={1.7} />}
            rightSection={<IconChevronDown size={12} />}
            aria-label="Stop"
            {...(canStop ? {} : { 'data-disabled': true })}
            aria-disabled={!canStop}
          >
            Stop
          </Button>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        {machine !== undefined && STOPS.map((id) => <CommandItem key={id} id={id} machine={machine} />)}
      </Menu.Dropdown>
    </Menu>
  );
}
