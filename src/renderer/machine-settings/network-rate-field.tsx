import { TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { formatRate, parseRate } from '../networks/rates.ts';

interface RateFieldProps {
  label: string;
  /** Stands in the field before the rate. */
  sign: string;
  /** Null: no limit. */
  bitsPerSecond: number | null;
  onChange(bitsPerSecond: number | null): void;
  isDisabled: boolean;
}

const written = (bitsPerSecond: number | null) => (bitsPerSecond === null ? '' : formatRate(bitsPerSecond));

/** A rate as people write it. What is no rate is said beneath and gives way to the last one when the field is left. */
export function RateField({ label, sign, bitsPerSecond, onChange, isDisabled }: RateFieldProps) {
  const [text, setText] = useState(written(bitsPerSecond));
  useEffect(() => {
    setText((now) => (parseRate(now) === bitsPerSecond ? now : written(bitsPerSecond)));
  }, [bitsPerSecond]);
  const rate = parseRate(text);
  return (
    <TextInput
      aria-label={label}
      placeholder="no limit"
      leftSection={sign}
      leftSectionWidth={36}
      value={text}
      onChange={(event) => {
        const next = event.currentTarget.value;
        setText(next);
        const parsed = parseRate(next);
        if (parsed !== undefined) onChange(parsed);
      }}
      onBlur={() => setText(written(bitsPerSecond))}
      error={rate === undefined ? 'Write a rate such as 10 Mbit/s; 8 kbit/s at least.' : undefined}
      disabled={isDisabled}
    />
  );
}
