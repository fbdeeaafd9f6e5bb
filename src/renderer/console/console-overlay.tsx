import { Loader, Text } from '@mantine/core';
import { hasSavedState, isRest, isTransient, MACHINE_STATES } from '../../shared/machine-state.ts';
import type { Machine } from '../../shared/model/machine.ts';
import type { CommandId } from '../actions.tsx';
import { StateIcon, stateWords } from '../components/state-look.tsx';
import { CommandButton } from '../toolbar.tsx';
import classes from './console-page.module.css';

/** Says why there is no live screen, and offers the way on. Nothing while the machine runs. */
export function ConsoleOverlay({ machine, isConnected }: { machine: Machine; isConnected: boolean }) {
  const { state, reasonDetail } = machine;
  if (state === 'Running' || state === 'LiveSnapshotting' || state === 'DeletingSnapshotOnline')
    return isConnected ? null : <Working text="Connecting to the screen…" />;
  if (isTransient(state)) return <Working text={`${MACHINE_STATES[state].label}…`} />;
  return (
    <div className={classes.overlay} data-veil={isRest(state) ? undefined : true}>
      <div className={classes.card}>
        <StateIcon state={state} size={30} />
        <Text className={classes.cardTitle}>{stateWords(machine)}</Text>
        {reasonDetail !== null && <Text className={classes.cardText}>{reasonDetail}</Text>}
        {hasSavedState(state) && <Text className={classes.cardText}>Start goes on where it was saved.</Text>}
        <div className={classes.cardButtons}>
          {waysOn(machine).map((id, index) => (
            <CommandButton key={id} id={id} machine={machine} look={index === 0 ? 'filled' : 'plain'} />
          ))}
        </div>
      </div>
    </div>
  );
}

function waysOn({ state }: Machine): CommandId[] {
  if (state === 'Paused') return ['resume'];
  if (state === 'Stuck') return ['reset', 'powerOff'];
  return hasSavedState(state) ? ['start', 'discardState'] : ['start'];
}

function Working({ text }: { text: string }) {
  return (
    <div className={classes.overlay} role="status">
      <div className={classes.card}>
        <Loader size="sm" color="lantern.3" />
        <Text className={classes.cardText}>{text}</Text>
      </div>
    </div>
  );
}
