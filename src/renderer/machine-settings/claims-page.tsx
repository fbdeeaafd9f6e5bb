import { NumberInput, Select } from '@mantine/core';
import type { Resources, Shares } from '../../shared/model/resources.ts';
import { FormRow, FormSection } from '../components/form-row.tsx';
import classes from './claims.module.css';
import { IdleSection } from './idle-section.tsx';
import { ScheduleSection } from './schedule-section.tsx';
import { isLocked, message, type SettingsPageProps } from './settings-page.ts';
import { StartOrderSection } from './start-order-section.tsx';

/** How the machine stands against others, when it sleeps, and when it is started and saved, alone or with its group. */
export function ClaimsPage(props: SettingsPageProps) {
  const { config, onChange } = props;
  const { resources } = config;
  const change = (part: Partial<Resources>) => onChange({ resources: { ...resources, ...part } });
  const isBusy = isLocked(props, 'always');
  const { processor, memory } = resources;
  return (
    <>
      <FormSection title="Claims">
        <ClaimRow
          label="Processor"
          note={
            message(props, 'resources.processor').note ??
            'Reserved for it, never more than, and its weight when not all get what they want; in host processors'
          }
          reservation={processor.reservation}
          limit={processor.limit}
          shares={processor.shares}
          step={0.25}
          isDisabled={isBusy}
          onChange={(next) => change({ processor: next })}
        />
        <ClaimRow
          label="Memory"
          note={message(props, 'resources.memory').note ?? 'What is reserved is never taken back by a balloon; in MB'}
          reservation={memory.reservationMiB}
          limit={memory.limitMiB}
          shares={memory.shares}
          step={64}
          isDisabled={isBusy}
          onChange={(next) =>
            change({
              memory: {
                reservationMiB: Math.round(next.reservation),
                limitMiB: next.limit === null ? null : Math.round(next.limit),
                shares: next.shares,
              },
            })
          }
        />
      </FormSection>
      <IdleSection
        machine={props.machine}
        policy={resources.idle}
        isDisabled={isBusy}
        onChange={(idle) => change({ idle })}
      />
      <ScheduleSection
        schedule={resources.schedule}
        isDisabled={isBusy}
        onChange={(schedule) => change({ schedule })}
      />
      <StartOrderSection
        startOrder={resources.startOrder}
        isDisabled={isBusy}
        onChange={(startOrder) => change({ startOrder })}
      />
    </>
  );
}

interface Claim {
  reservation: number;
  limit: number | null;
  shares: Shares;
}

interface ClaimRowProps extends Claim {
  label: string;
  note: string;
  step: number;
  isDisabled: boolean;
  onChange(claim: Claim): void;
}

const SHARES = [
  { value: 'low', label: 'Low' },
  { value: 'normal', label: 'Normal' },
  { value: 'high', label: 'High' },
];

function ClaimRow({ label, note, step, isDisabled, onChange, ...claim }: ClaimRowProps) {
  const own =
    typeof claim.shares === 'number' ? [{ value: String(claim.shares), label: `${claim.shares} shares` }] : [];
  return (
    <FormRow label={label} note={note}>
      <div className={classes.claim}>
        <NumberInput
          aria-label={`${label} reservation`}
          leftSection="min"
          leftSectionWidth={42}
          value={claim.reservation}
          onChange={(value) => onChange({ ...claim, reservation: typeof value === 'number' ? value : 0 })}
          min={0}
          step={step}
          disabled={isDisabled}
        />
        <NumberInput
          aria-label={`${label} limit`}
          leftSection="max"
          leftSectionWidth={42}
          placeholder="none"
          value={claim.limit ?? ''}
          onChange={(value) => onChange({ ...claim, limit: typeof value === 'number' ? value : null })}
          min={0}
          step={step}
          disabled={isDisabled}
        />
        <Select
          aria-label={`${label} shares`}
          data={[...SHARES, ...own]}
          value={String(claim.shares)}
          onChange={(value) => onChange({ ...claim, shares: sharesOf(value) })}
          allowDeselect={false}
          disabled={isDisabled}
        />
      </div>
    </FormRow>
  );
}

function sharesOf(value: string | null): Shares {
  if (value === 'low' || value === 'normal' || value === 'high') return value;
  return Number(value) > 0 ? Number(value) : 'normal';
}
