import { NumberInput, Select } from '@mantine/core';
import { type StartOrder, StartWait } from '../../shared/model/resources.ts';
import { FormRow, FormSection } from '../components/form-row.tsx';
import classes from './claims.module.css';

const WAITS: Record<StartWait, string> = {
  nothing: 'do not wait',
  running: 'wait until it runs',
  guestAgent: 'wait for its guest agent',
  port: 'wait for a port',
};

const NOTES: Record<StartWait, string> = {
  nothing: 'They start at once',
  running: 'They start as soon as this one runs',
  guestAgent: 'They start when the agent in this guest answers',
  port: 'They start when this TCP port of the guest answers, through a port forward of its network',
};

/** What is proposed when a port is chosen. */
const USUAL_PORT = 80;

interface StartOrderSectionProps {
  startOrder: StartOrder;
  isDisabled: boolean;
  onChange(startOrder: StartOrder): void;
}

/** When the machine starts among those of its group, and what the next ones wait for. */
export function StartOrderSection({ startOrder, isDisabled, onChange }: StartOrderSectionProps) {
  const change = (part: Partial<StartOrder>) => onChange({ ...startOrder, ...part });
  const whole = (apply: (value: number) => Partial<StartOrder>) => (value: number | string) =>
    typeof value === 'number' && change(apply(Math.round(value)));
  return (
    <FormSection title="Start with its group">
      <FormRow label="Order" note="Lower numbers start earlier and stop later; equal ones go together">
        <div className={classes.claim}>
          <NumberInput
            aria-label="Start order"
            value={startOrder.order}
            onChange={whole((order) => ({ order }))}
            min={0}
            max={1000}
            step={10}
            disabled={isDisabled}
          />
          <NumberInput
            aria-label="Start delay"
            prefix="after "
            suffix=" s"
            value={startOrder.delaySeconds}
            onChange={whole((delaySeconds) => ({ delaySeconds }))}
            min={0}
            max={3600}
            disabled={isDisabled}
          />
        </div>
      </FormRow>
      <FormRow label="The next ones" note={NOTES[startOrder.waitsFor]}>
        <div className={classes.claim}>
          <Select
            aria-label="What the next machines wait for"
            data={StartWait.options.map((value) => ({ value, label: WAITS[value] }))}
            value={startOrder.waitsFor}
            onChange={(value) => {
              const waitsFor = StartWait.parse(value);
              change({ waitsFor, port: waitsFor === 'port' ? (startOrder.port ?? USUAL_PORT) : null });
            }}
            allowDeselect={false}
            disabled={isDisabled}
          />
          {startOrder.waitsFor === 'port' && (
            <NumberInput
              aria-label="Port that is waited for"
              value={startOrder.port ?? USUAL_PORT}
              onChange={whole((port) => ({ port }))}
              min={1}
              max={65_535}
              disabled={isDisabled}
            />
          )}
        </div>
      </FormRow>
    </FormSection>
  );
}
