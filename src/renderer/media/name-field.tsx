import { TextInput } from '@mantine/core';
import { MediumName } from '../../shared/model/medium.ts';
import { FormRow } from '../components/form-row.tsx';

interface NameFieldProps {
  value: string;
  note?: string;
  onChange(name: string): void;
}

/** The name of a medium, with what is wrong with it. */
export function NameField({ value, note, onChange }: NameFieldProps) {
  const named = MediumName.safeParse(value);
  return (
    <FormRow label="Name" note={note}>
      <TextInput
        aria-label="Name"
        data-autofocus
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        error={named.success ? undefined : named.error.issues[0]?.message}
      />
    </FormRow>
  );
}
