import { TextInput } from '@mantine/core';
import type { FileFilter } from '../../shared/desktop-bridge.ts';
import { FileButton } from './file-button.tsx';

interface FileFieldProps {
  label: string;
  value: string;
  onChange(path: string): void;
  filters: FileFilter[];
  placeholder: string;
}

/** The path of a file on the host: typed, or chosen in a dialog. */
export function FileField({ label, value, onChange, filters, placeholder }: FileFieldProps) {
  return (
    <div style={{ display: 'flex', gap: 8 }}>
      <TextInput
        aria-label={label}
        style={{ flex: 1 }}
        value={value}
        placeholder={placeholder}
        onChange={(event) => onChange(event.currentTarget.value)}
        spellCheck={false}
      />
      <FileButton subject={label} startAt={value} filters={filters} onChoose={onChange} />
    </div>
  );
}
