import { Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { FileFilter } from '../../shared/desktop-bridge.ts';
import { desktopBridge } from '../desktop.ts';
import { FileDialog } from './file-dialog.tsx';

interface FileFieldProps {
  label: string;
  value: string;
  onChange(path: string): void;
  filters: FileFilter[];
  error?: string | null | undefined;
  placeholder?: string;
  disabled?: boolean;
}

/** The path of a file on the host: typed, or chosen in the system's dialog, or in ours where there is none. */
export function FileField({ label, value, onChange, filters, error, placeholder, disabled = false }: FileFieldProps) {
  const [isOpen, setOpen] = useState(false);
  const bridge = desktopBridge();
  const browse = async () => {
    if (bridge === undefined) return setOpen(true);
    const path = await bridge.openFileDialog({
      title: label,
      filters,
      ...(value === '' ? {} : { defaultPath: value }),
    });
    if (path !== null) onChange(path);
  };
  return (
    <>
      <div style={{ display: 'flex', gap: 8, alignItems: 'flex-start' }}>
        <TextInput
          aria-label={label}
          style={{ flex: 1 }}
          value={value}
          placeholder={placeholder ?? '/path/to/file'}
          onChange={(event) => onChange(event.currentTarget.value)}
          error={error}
          disabled={disabled}
          spellCheck={false}
        />
        <Button variant="default" onClick={() => void browse()} disabled={disabled} aria-label={`Browse for ${label}`}>
          Browse…
        </Button>
      </div>
      {isOpen && (
        <FileDialog
          title={label}
          startAt={value}
          filters={filters}
          onClose={() => setOpen(false)}
          onChoose={(path) => {
            setOpen(false);
            onChange(path);
          }}
        />
      )}
    </>
  );
}
