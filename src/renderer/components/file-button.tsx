import { Button } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { FileFilter } from '../../shared/desktop-bridge.ts';
import { desktopBridge } from '../desktop.ts';
import { FileDialog } from './file-dialog.tsx';

interface FileButtonProps {
  /** What the file is for: title of the dialog, and part of the button's name. */
  subject: string;
  /** Path to begin at, or empty. */
  startAt?: string;
  filters: FileFilter[];
  onChoose(path: string): void;
  disabled?: boolean;
  /** Another look than the usual button. */
  button?(browse: () => void): ReactNode;
}

/** Chooses a file in the system's dialog, or in ours where the window has none. */
export function FileButton(props: FileButtonProps) {
  const { subject, startAt = '', filters, onChoose, disabled = false, button } = props;
  const [isOpen, setOpen] = useState(false);
  const bridge = desktopBridge();
  const browse = async () => {
    if (bridge === undefined) return setOpen(true);
    const begin = startAt === '' ? {} : { defaultPath: startAt };
    const path = await bridge.openFileDialog({ title: subject, filters, ...begin });
    if (path !== null) onChoose(path);
  };
  return (
    <>
      {button?.(() => void browse()) ?? (
        <Button
          variant="default"
          onClick={() => void browse()}
          disabled={disabled}
          aria-label={`Browse for ${subject}`}
        >
          Browse…
        </Button>
      )}
      {isOpen && (
        <FileDialog
          title={subject}
          startAt={startAt}
          filters={filters}
          onClose={() => setOpen(false)}
          onChoose={(path) => {
            setOpen(false);
            onChoose(path);
          }}
        />
      )}
    </>
  );
}
