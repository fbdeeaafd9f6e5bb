import { UnstyledButton } from '@mantine/core';
import { IconPhoto } from '@tabler/icons-react';
import { MACHINE_STATES } from '../../shared/machine-state.ts';
import type { Machine } from '../../shared/model/machine.ts';
import { primaryCommand, runCommand } from '../actions.tsx';
import { Block } from '../components/block.tsx';
import { StateIcon } from '../components/state-look.tsx';
import classes from './preview-block.module.css';
import { usePreview } from './use-preview.ts';

/** What is on the guest's screen now; a click shows it large. */
export function PreviewBlock({ machine }: { machine: Machine }) {
  const preview = usePreview(machine);
  const command = primaryCommand(machine);
  const { name } = machine.config;
  return (
    <Block title="Preview" icon={IconPhoto}>
      <UnstyledButton
        className={classes.screen}
        aria-label={command === 'show' ? `Show the screen of ${name}` : `Start ${name}`}
        onClick={() => runCommand(command, machine)}
      >
        {preview === undefined ? (
          <span className={classes.off}>
            <StateIcon state={machine.state} size={20} />
            {MACHINE_STATES[machine.state].label}
          </span>
        ) : (
          <img
            src={preview.source}
            alt={`Screen of ${name}, ${preview.width} by ${preview.height}`}
            data-paused={machine.state === 'Paused' || undefined}
          />
        )}
      </UnstyledButton>
    </Block>
  );
}
