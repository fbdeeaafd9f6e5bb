import { Button } from '@mantine/core';
import { useState } from 'react';
import type { Machine } from '../../shared/model/machine.ts';
import type { Medium } from '../../shared/model/medium.ts';
import { CreateDiskDialog } from '../media/create-disk-dialog.tsx';

interface NewDiskButtonProps {
  machine: Machine;
  isDisabled: boolean;
  onCreate(medium: Medium): void;
}

/** Makes an empty disk in the machine's folder. */
export function NewDiskButton({ machine, isDisabled, onCreate }: NewDiskButtonProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button variant="default" disabled={isDisabled} onClick={() => setOpen(true)} aria-label="Create a new disk">
        New…
      </Button>
      {isOpen && <CreateDiskDialog machine={machine} onCreate={onCreate} onClose={() => setOpen(false)} />}
    </>
  );
}
