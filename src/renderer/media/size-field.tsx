import { NumberInput, Slider } from '@mantine/core';
import { FormRow } from '../components/form-row.tsx';
import classes from './media-dialogs.module.css';

interface SizeFieldProps {
  sizeGiB: number;
  /** Smallest size that is allowed. */
  minGiB: number;
  note: string;
  onChange(sizeGiB: number): void;
}

export const MAX_DISK_GIB = 2048;

/** A slider on which each step doubles, with a field for the exact size. */
export function SizeField({ sizeGiB, minGiB, note, onChange }: SizeFieldProps) {
  const last = Math.log2(MAX_DISK_GIB);
  return (
    <FormRow label="Size" note={note}>
      <div className={classes.size}>
        <Slider
          min={0}
          max={last}
          step={0.25}
          value={Math.log2(Math.max(1, sizeGiB))}
          onChange={(power) => onChange(Math.max(minGiB, Math.min(MAX_DISK_GIB, Math.round(2 ** power))))}
          label={null}
          size={6}
          thumbSize={16}
          thumbLabel="Size slider"
        />
        <NumberInput
          aria-label="Size"
          className={classes.number}
          value={sizeGiB}
          onChange={(next) => typeof next === 'number' && onChange(next)}
          min={minGiB}
          max={MAX_DISK_GIB}
          clampBehavior="blur"
          decimalScale={2}
          suffix=" GB"
          hideControls
        />
      </div>
    </FormRow>
  );
}
