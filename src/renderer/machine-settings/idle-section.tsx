import { Checkbox, NumberInput } from '@mantine/core';
import type { Machine } from '../../shared/model/machine.ts';
import type { IdlePolicy } from '../../shared/model/resources.ts';
import { FormRow, FormSection } from '../components/form-row.tsx';
import { lacksAbility, useEngines } from '../engines.ts';
import classes from './claims.module.css';

type Step = keyof IdlePolicy;

/** The steps to sleep, gentlest first, and the minutes that are proposed when one is ticked. */
const STEPS: readonly { step: Step; label: string; minutes: number; ability?: 'balloon' | 'saveState' }[] = [
  { step: 'balloonAfterMinutes', label: 'Take memory back', minutes: 5, ability: 'balloon' },
  { step: 'pauseAfterMinutes', label: 'Pause', minutes: 15 },
  { step: 'saveAfterMinutes', label: 'Save its state', minutes: 60, ability: 'saveState' },
];

interface IdleSectionProps {
  machine: Machine;
  policy: IdlePolicy;
  isDisabled: boolean;
  onChange(policy: IdlePolicy): void;
}

/** What happens when nobody uses the machine; without a tick its pool decides. */
export function IdleSection({ machine, policy, isDisabled, onChange }: IdleSectionProps) {
  const engines = useEngines();
  const steps = STEPS.map((each) => ({
    ...each,
    lacks: each.ability ? lacksAbility(machine, each.ability, engines) : null,
  }));
  const reason = steps.find(({ lacks }) => lacks !== null)?.lacks;
  return (
    <FormSection title="When nobody uses it">
      <FormRow
        label="Idle"
        note={reason ?? 'Work of the processor, the network, an open screen or serial port, and keys count as use'}
      >
        {steps.map(({ step, label, minutes, lacks }) => {
          const value = policy[step];
          return (
            <div key={step} className={classes.step}>
              <Checkbox
                label={label}
                checked={value !== null}
                onChange={(event) => onChange({ ...policy, [step]: event.currentTarget.checked ? minutes : null })}
                disabled={isDisabled || (lacks !== null && value === null)}
              />
              <NumberInput
                aria-label={`${label} after minutes`}
                prefix="after "
                suffix=" min"
                value={value ?? ''}
                placeholder="never"
                onChange={(next) => typeof next === 'number' && onChange({ ...policy, [step]: next })}
                min={0.05}
                step={5}
                disabled={isDisabled || value === null}
              />
            </div>
          );
        })}
      </FormRow>
    </FormSection>
  );
}
