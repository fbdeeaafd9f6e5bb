import { ActionIcon, Checkbox } from '@mantine/core';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { BootDevice } from '../../shared/model/hardware.ts';
import { BOOT_DEVICE_LABELS } from '../machine-details/config-words.ts';
import { movedDevice, toggledDevice } from './boot-moves.ts';
import classes from './settings.module.css';

interface BootOrderProps {
  value: readonly BootDevice[];
  onChange(order: BootDevice[]): void;
  isDisabled: boolean;
}

/** Devices in the order in which they are tried; those without a tick are not tried and stand below. */
export function BootOrder({ value, onChange, isDisabled }: BootOrderProps) {
  const rest = BootDevice.options.filter((device) => !value.includes(device));
  return (
    <ul className={classes.boot} aria-label="Boot order">
      {[...value, ...rest].map((device, index) => (
        <li key={device}>
          <Checkbox
            label={BOOT_DEVICE_LABELS[device]}
            checked={value.includes(device)}
            onChange={() => onChange(toggledDevice(value, device))}
            disabled={isDisabled}
          />
          <span className={classes.spacer} />
          <ActionIcon
            size="sm"
            aria-label={`Move ${BOOT_DEVICE_LABELS[device]} up`}
            disabled={isDisabled || index === 0 || index >= value.length}
            onClick={() => onChange(movedDevice(value, index, -1))}
          >
            <IconArrowUp size={14} />
          </ActionIcon>
          <ActionIcon
            size="sm"
            aria-label={`Move ${BOOT_DEVICE_LABELS[device]} down`}
            disabled={isDisabled || index >= value.length - 1}
            onClick={() => onChange(movedDevice(value, index, 1))}
          >
            <IconArrowDown size={14} />
          </ActionIcon>
        </li>
      ))}
    </ul>
  );
}
