import { Button, Group, NumberInput, Select, Slider } from '@mantine/core';
import { useId } from 'react';
import { type MemoryClaim, type ProcessorClaim, SHARES, type Shares, sharesOf } from '../../shared/model/resources.ts';
import { formatMiB } from '../../shared/units.ts';
import { formatProcessors } from '../meter/meter-numbers.ts';
import classes from './pools.module.css';

export interface Claims {
  processor: ProcessorClaim;
  memory: MemoryClaim;
}

interface ClaimEditorProps {
  name: string;
  claims: Claims;
  /** What there is at most, for the ends of the sliders. */
  processors: number;
  memoryMiB: number;
  problems: readonly string[];
  isChanged: boolean;
  onChange(claims: Claims): void;
  onSave(): void;
  onReset(): void;
}

/** Reservation, limit and shares of one machine or pool; what they would mean is shown in the table meanwhile. */
export function ClaimEditor(props: ClaimEditorProps) {
  const { name, claims, processors, memoryMiB, problems, isChanged, onChange, onSave, onReset } = props;
  const { processor, memory } = claims;
  return (
    <section className={classes.editor} aria-label={`Claims of ${name}`}>
      <h3>{name}</h3>
      <h4>Processor</h4>
      <Amount
        label="Processor reservation"
        value={processor.reservation}
        max={processors}
        step={0.05}
        words={(value) => `${formatProcessors(value)} held ready`}
        none="Nothing is held ready"
        onChange={(reservation) => onChange({ ...claims, processor: { ...processor, reservation } })}
      />
      <Amount
        label="Processor limit"
        value={processor.limit ?? processors}
        max={processors}
        step={0.05}
        isLimit
        words={(value) => `At most ${formatProcessors(value)}`}
        none="No limit"
        onChange={(limit) =>
          onChange({
            ...claims,
            processor: { ...processor, limit: limit >= processors ? null : Math.max(0.05, limit) },
          })
        }
      />
      <SharesField
        label="Processor shares"
        value={processor.shares}
        onChange={(shares) => onChange({ ...claims, processor: { ...processor, shares } })}
      />
      <h4>Memory</h4>
      <Amount
        label="Memory reservation"
        value={memory.reservationMiB}
        max={memoryMiB}
        step={16}
        words={(value) => `${formatMiB(value)} are never taken away`}
        none="Nothing is held ready"
        onChange={(reservationMiB) => onChange({ ...claims, memory: { ...memory, reservationMiB } })}
      />
      <Amount
        label="Memory limit"
        value={memory.limitMiB ?? memoryMiB}
        max={memoryMiB}
        step={16}
        isLimit
        words={(value) => `At most ${formatMiB(value)}`}
        none="No limit"
        onChange={(limit) =>
          onChange({ ...claims, memory: { ...memory, limitMiB: limit >= memoryMiB ? null : Math.max(16, limit) } })
        }
      />
      <SharesField
        label="Memory shares"
        value={memory.shares}
        onChange={(shares) => onChange({ ...claims, memory: { ...memory, shares } })}
      />
      {problems.map((problem) => (
        <p key={problem} role="alert" className={classes.problem}>
          {problem}
        </p>
      ))}
      <Group gap="xs" justify="flex-end" mt="sm">
        <Button variant="default" disabled={!isChanged} onClick={onReset}>
          Undo
        </Button>
        <Button disabled={!isChanged || problems.length > 0} onClick={onSave}>
          Save claims
        </Button>
      </Group>
    </section>
  );
}

interface AmountProps {
  label: string;
  value: number;
  max: number;
  step: number;
  words(value: number): string;
  none: string;
  /** The far end means that there is none; else the near end does. */
  isLimit?: boolean;
  onChange(value: number): void;
}

function Amount({ label, value, max, step, words, none, isLimit = false, onChange }: AmountProps) {
  const noteId = useId();
  const isNone = isLimit ? value >= max : value === 0;
  return (
    <div className={classes.amount}>
      <span className={classes.amountLabel} aria-hidden>
        {label.replace(/^\w+ /, '')}
      </span>
      <Slider
        value={Math.min(max, value)}
        onChange={(next) => onChange(Number(next.toFixed(2)))}
        min={0}
        max={max}
        step={step}
        label={null}
        size={5}
        thumbSize={14}
        inverted={isLimit}
        thumbLabel={label}
        thumbProps={{ 'aria-describedby': noteId }}
      />
      <span id={noteId} className={classes.amountNote}>
        {isNone ? none : words(value)}
      </span>
    </div>
  );
}

const WORDS = [
  { value: 'low', label: `Low (${SHARES.low})` },
  { value: 'normal', label: `Normal (${SHARES.normal})` },
  { value: 'high', label: `High (${SHARES.high})` },
  { value: 'own', label: 'Own number' },
];

function SharesField({ label, value, onChange }: { label: string; value: Shares; onChange(value: Shares): void }) {
  const isOwn = typeof value === 'number';
  return (
    <div className={classes.amount}>
      <span className={classes.amountLabel} aria-hidden>
        shares
      </span>
      <Select
        aria-label={label}
        data={WORDS}
        value={isOwn ? 'own' : value}
        onChange={(next) => {
          if (next === 'own') onChange(sharesOf(value));
          if (next === 'low' || next === 'normal' || next === 'high') onChange(next);
        }}
      />
      {isOwn ? (
        <NumberInput
          aria-label={`${label}, number`}
          value={value}
          min={1}
          max={1_000_000}
          allowDecimal={false}
          onChange={(next) => typeof next === 'number' && next >= 1 && onChange(Math.min(1_000_000, next))}
        />
      ) : (
        <span className={classes.amountNote}>Weight against its neighbours when there is not enough</span>
      )}
    </div>
  );
}
