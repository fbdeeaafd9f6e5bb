import { Button, NumberInput, Popover, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { Machine } from '../../shared/model/machine.ts';
import type { Medium } from '../../shared/model/medium.ts';
import { GIB } from '../../shared/units.ts';
import { api } from '../api.ts';
import { attempt } from '../notify.tsx';

interface NewDiskButtonProps {
  machine: Machine;
  isDisabled: boolean;
  onCreate(medium: Medium): void;
}

/** Makes an empty disk in the machine's folder. */
export function NewDiskButton({ machine, isDisabled, onCreate }: NewDiskButtonProps) {
  const [isOpen, setOpen] = useState(false);
  const [sizeGiB, setSizeGiB] = useState(8);
  const create = async () => {
    setOpen(false);
    const path = `${machine.folder}/disks/disk-${Date.now().toString(36)}.img`;
    await attempt(async () => onCreate(await api.medium.createDisk({ path, sizeBytes: sizeGiB * GIB })));
  };
  return (
    <Popover opened={isOpen} onChange={setOpen} trapFocus width={220} shadow="md">
      <Popover.Target>
        <Button variant="default" disabled={isDisabled} onClick={() => setOpen(!isOpen)} aria-label="Create a new disk">
          New…
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs">
          <NumberInput
            label="Size"
            suffix=" GB"
            min={1}
            max={2048}
            value={sizeGiB}
            onChange={(next) => typeof next === 'number' && setSizeGiB(next)}
            allowDecimal={false}
            data-autofocus
          />
          <Text fz="xs" c="dimmed">
            Takes space only as it is filled.
          </Text>
          <Button onClick={() => void create()}>Create disk</Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
