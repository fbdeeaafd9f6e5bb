import { Radio, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { AdmissionReport, PlanChoice, PlanKind } from '../../shared/model/admission.ts';
import type { Machine } from '../../shared/model/machine.ts';
import { formatBytes, formatMiB } from '../../shared/units.ts';
import { api } from '../api.ts';
import { Question } from '../components/question.tsx';
import { attempt } from '../notify.tsx';
import { MemoryPicture } from './memory-picture.tsx';
import classes from './no-room.module.css';

interface NoRoomDialogProps {
  machine: Machine;
  report: AdmissionReport;
  isDisposable: boolean;
  onClose(): void;
}

/** A start that the host has no room for: the numbers as a picture, and what would make room. */
export function NoRoomDialog({ machine, report, isDisposable, onClose }: NoRoomDialogProps) {
  const { plan, reasons, numbers } = report;
  const [chosen, setChosen] = useState<PlanKind | undefined>(plan[0]?.kind);
  const { name } = machine.config;
  const start = () => {
    if (chosen === undefined) return;
    void attempt(() => api.admission.startWith({ machine: machine.id, choice: chosen, isDisposable }));
  };
  return (
    <Question
      title={`There is no room to start '${name}'`}
      action={chosen === 'wait' ? 'Wait' : 'Make Room and Start'}
      isDisabled={chosen === undefined}
      size={560}
      onClose={onClose}
      onAction={start}
    >
      {reasons.map(({ kind, message }) => (
        <p key={kind} className={classes.reason}>
          {message.charAt(0).toUpperCase() + message.slice(1)}
        </p>
      ))}
      <MemoryPicture numbers={numbers} name={name} />
      {plan.length === 0 ? (
        <Text>Nothing that runs here could make room for it. Give it less in its settings, or end other programs.</Text>
      ) : (
        <Radio.Group
          label="What shall be done?"
          value={chosen ?? null}
          onChange={(value) => setChosen(plan.find(({ kind }) => kind === value)?.kind)}
        >
          <Stack gap="xs" mt="xs">
            {plan.map((choice) => (
              <Radio key={choice.kind} value={choice.kind} label={labelOf(choice)} description={effectOf(choice)} />
            ))}
          </Stack>
        </Radio.Group>
      )}
    </Question>
  );
}

function labelOf(choice: PlanChoice): string {
  switch (choice.kind) {
    case 'balloon':
      return `Take ${formatBytes(choice.freesBytes)} back from running machines`;
    case 'save':
      return `Save ${namesOf(choice.machines.filter(({ isNeeded }) => isNeeded))}`;
    case 'lessMemory':
      return `Start it with ${formatMiB(choice.toMiB)} instead of ${formatMiB(choice.fromMiB)}`;
    case 'wait':
      return 'Wait until it fits';
  }
}

/** What the choice does, and to whom. */
function effectOf(choice: PlanChoice): string {
  switch (choice.kind) {
    case 'balloon': {
      const shares = choice.machines.map(
        ({ name, fromMiB, toMiB }) => `${name} from ${formatMiB(fromMiB)} to ${formatMiB(toMiB)}`,
      );
      return `${shares.join(', ')}. They run on, with less for caches, and get it back when this machine ends.`;
    }
    case 'save':
      return `Frees ${formatBytes(choice.freesBytes)}. What was used least recently is saved, and goes on from there at its next start.`;
    case 'lessMemory':
      return 'Its settings are changed to that. The guest may be slower.';
    case 'wait':
      return 'It is started by itself as soon as other machines or programs have made room. The task list shows it, and can cancel it.';
  }
}

function namesOf(machines: readonly { name: string }[]): string {
  const names = machines.map(({ name }) => `'${name}'`);
  return names.length > 3 ? `${names.length} machines` : names.join(', ');
}
