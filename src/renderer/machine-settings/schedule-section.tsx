import { ActionIcon, Button, Chip, Select } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import type { ScheduleEntry } from '../../shared/model/resources.ts';
import { FormRow, FormSection } from '../components/form-row.tsx';
import classes from './claims.module.css';

/** Monday first, as calendars print it; 0 is Sunday. */
const DAYS = [
  { day: 1, label: 'Mo', name: 'Monday' },
  { day: 2, label: 'Tu', name: 'Tuesday' },
  { day: 3, label: 'We', name: 'Wednesday' },
  { day: 4, label: 'Th', name: 'Thursday' },
  { day: 5, label: 'Fr', name: 'Friday' },
  { day: 6, label: 'Sa', name: 'Saturday' },
  { day: 0, label: 'Su', name: 'Sunday' },
];
const ACTIONS = [
  { value: 'start', label: 'Start' },
  { value: 'save', label: 'Save State' },
  { value: 'powerButton', label: 'ACPI Shutdown' },
];
const NEW_ENTRY: ScheduleEntry = { days: [1, 2, 3, 4, 5], time: '08:00', action: 'start' };

interface ScheduleSectionProps {
  schedule: readonly ScheduleEntry[];
  isDisabled: boolean;
  onChange(schedule: ScheduleEntry[]): void;
}

/** The machine's calendar, in the local time of this computer. */
export function ScheduleSection({ schedule, isDisabled, onChange }: ScheduleSectionProps) {
  const replace = (at: number, entry: ScheduleEntry) =>
    onChange(schedule.map((each, index) => (index === at ? entry : each)));
  return (
    <FormSection title="Calendar">
      <FormRow label="Times" note="In the local time of this computer; no day chosen means every day">
        {schedule.map((entry, index) => (
          <EntryRow
            // biome-ignore lint/suspicious/noArrayIndexKey: entries have no identity but their place
            key={index}
            entry={entry}
            isDisabled={isDisabled}
            onChange={(next) => replace(index, next)}
            onRemove={() => onChange(schedule.filter((_, at) => at !== index))}
          />
        ))}
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconPlus size={14} />}
          onClick={() => onChange([...schedule, NEW_ENTRY])}
          disabled={isDisabled || schedule.length >= 50}
        >
          Add a Time
        </Button>
      </FormRow>
    </FormSection>
  );
}

interface EntryRowProps {
  entry: ScheduleEntry;
  isDisabled: boolean;
  onChange(entry: ScheduleEntry): void;
  onRemove(): void;
}

function EntryRow({ entry, isDisabled, onChange, onRemove }: EntryRowProps) {
  return (
    <div className={classes.entry}>
      <div className={classes.days}>
        {DAYS.map(({ day, label, name }) => (
          <Chip
            key={day}
            size="xs"
            checked={entry.days.includes(day)}
            onChange={(isOn) =>
              onChange({
                ...entry,
                days: isOn ? [...entry.days, day].sort() : entry.days.filter((each) => each !== day),
              })
            }
            aria-label={name}
            disabled={isDisabled}
          >
            {label}
          </Chip>
        ))}
      </div>
      <input
        type="time"
        aria-label="Time"
        className={classes.time}
        value={entry.time}
        onChange={(event) =>
          event.currentTarget.value !== '' && onChange({ ...entry, time: event.currentTarget.value })
        }
        disabled={isDisabled}
      />
      <Select
        aria-label="What is done"
        data={ACTIONS}
        value={entry.action}
        onChange={(value) =>
          onChange({ ...entry, action: value === 'save' || value === 'powerButton' ? value : 'start' })
        }
        allowDeselect={false}
        disabled={isDisabled}
      />
      <ActionIcon variant="subtle" color="gray" aria-label="Remove this time" onClick={onRemove} disabled={isDisabled}>
        <IconX size={15} />
      </ActionIcon>
    </div>
  );
}
