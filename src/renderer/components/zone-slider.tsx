import { NumberInput, Slider, Text } from '@mantine/core';
import { useId } from 'react';
import classes from './zone-slider.module.css';

export interface Zones {
  /** Last value that leaves the host at ease. */
  green: number;
  /** Last value that is allowed, with a warning; beyond it stands red. */
  amber: number;
}

interface ZoneSliderProps extends Zones {
  label: string;
  unit: string;
  value: number;
  min: number;
  max: number;
  step: number;
  onChange(value: number): void;
  /** Amber and red stand at the low end, as with the execution cap. */
  isReversed?: boolean;
  error?: string | undefined;
  note?: string | undefined;
  disabled?: boolean | undefined;
  /** A stretch of the scale that others have been promised, drawn into the ground. */
  taken?: { from: number; to: number; words: string } | undefined;
}

/** A slider over green, amber and red ground, with a field for the exact number. */
export function ZoneSlider(props: ZoneSliderProps) {
  const { label, unit, value, min, max, step, green, amber, onChange, error, note, disabled = false } = props;
  const noteId = useId();
  const place = (at: number) => (at >= max ? '100%' : `${((100 * Math.max(0, at - min)) / (max - min)).toFixed(2)}%`);
  const ground = props.isReversed
    ? `linear-gradient(90deg, var(--inn-zone-amber) 0 ${place(green)}, var(--inn-zone-green) ${place(green)} 100%)`
    : `linear-gradient(90deg, var(--inn-zone-green) 0 ${place(green)}, var(--inn-zone-amber) ${place(green)} ${place(amber)}, var(--inn-zone-red) ${place(amber)} 100%)`;
  return (
    <div className={classes.line} data-disabled={disabled || undefined}>
      <Text className={classes.label}>{label}</Text>
      <div className={classes.track} style={{ ['--ground' as string]: ground }}>
        {props.taken !== undefined && props.taken.to > props.taken.from && (
          <span
            className={classes.taken}
            title={props.taken.words}
            style={{ left: place(props.taken.from), right: `calc(100% - ${place(props.taken.to)})` }}
          />
        )}
        <Slider
          value={Math.min(max, Math.max(min, value))}
          onChange={onChange}
          min={min}
          max={max}
          step={step}
          label={null}
          size={6}
          thumbSize={16}
          disabled={disabled}
          classNames={{ track: classes.ground ?? '', bar: classes.bar ?? '', thumb: classes.thumb ?? '' }}
          thumbLabel={`${label} slider`}
        />
        {note !== undefined && (
          <Text id={noteId} className={classes.note} data-error={error !== undefined || undefined}>
            {error ?? note}
          </Text>
        )}
      </div>
      <NumberInput
        aria-label={label}
        aria-describedby={note === undefined ? undefined : noteId}
        className={classes.number}
        value={value}
        onChange={(next) => typeof next === 'number' && onChange(Math.round(next))}
        min={min}
        clampBehavior="none"
        allowDecimal={false}
        suffix={` ${unit}`}
        error={error !== undefined}
        disabled={disabled}
        hideControls
      />
    </div>
  );
}
