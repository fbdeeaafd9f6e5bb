import { NumberInput, Select, TextInput, UnstyledButton } from '@mantine/core';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { useState } from 'react';
import { IsolationProfile, type LinkConditions, NetworkAdapter } from '../../shared/model/network.ts';
import { PROFILE_NAMES } from '../../shared/network-names.ts';
import { FormRow } from '../components/form-row.tsx';
import { PROFILE_NOTES, PROMISCUOUS_LABELS, PROMISCUOUS_NOTES } from '../networks/network-words.ts';
import { issueAt } from '../use-config-check.ts';
import type { AdapterProps } from './network-adapter-props.ts';
import classes from './network-advanced.module.css';
import { RateField } from './network-rate-field.tsx';
import { isLocked } from './settings-page.ts';

/** `standard` and nothing else: what most adapters are. */
function isUsual({ profile, promiscuous, limitInBitsPerSecond, limitOutBitsPerSecond, ...rest }: NetworkAdapter) {
  const hasLimit = limitInBitsPerSecond !== null || limitOutBitsPerSecond !== null;
  return profile === 'standard' && promiscuous === 'deny' && !hasLimit && !rest.conditions && !rest.fixedAddress;
}

/** How far an adapter's frames may go, how fast, and what is to go wrong on purpose. */
export function NetworkAdvanced(props: AdapterProps) {
  const { adapter, index } = props;
  const [isOpen, setOpen] = useState(!isUsual(adapter));
  const Glyph = isOpen ? IconChevronDown : IconChevronRight;
  const words = isUsual(adapter) ? '' : ` · ${PROFILE_NAMES[adapter.profile]}`;
  return (
    <>
      <UnstyledButton
        className={classes.toggle ?? ''}
        aria-expanded={isOpen}
        aria-label={`Advanced settings of adapter ${index + 1}`}
        onClick={() => setOpen(!isOpen)}
      >
        <Glyph size={14} aria-hidden /> Advanced{isOpen ? '' : words}
      </UnstyledButton>
      {isOpen && (
        <>
          <IsolationRow {...props} />
          <PromiscuousRow {...props} />
          <LimitRow {...props} />
          <ConditionsRow {...props} />
          <AddressRow {...props} />
        </>
      )}
    </>
  );
}

function IsolationRow(props: AdapterProps) {
  const { adapter, index, issues, onAdapter } = props;
  return (
    <FormRow
      label="Isolation"
      note={issueAt(issues, `adapters.${index}.profile`)?.message ?? PROFILE_NOTES[adapter.profile]}
    >
      <Select
        aria-label="Isolation"
        data={IsolationProfile.options.map((value) => ({ value, label: PROFILE_NAMES[value] }))}
        value={adapter.profile}
        onChange={(profile) => onAdapter({ profile: IsolationProfile.parse(profile) })}
        renderOption={({ option }) => (
          <span className={classes.option}>
            <b>{option.label}</b>
            <small>{PROFILE_NOTES[IsolationProfile.parse(option.value)]}</small>
          </span>
        )}
        disabled={isLocked(props, 'live')}
      />
    </FormRow>
  );
}

const Promiscuous = NetworkAdapter.shape.promiscuous.unwrap();

function PromiscuousRow(props: AdapterProps) {
  const { adapter, onAdapter } = props;
  return (
    <FormRow label="Promiscuous" note={PROMISCUOUS_NOTES[adapter.promiscuous]}>
      <Select
        aria-label="Promiscuous"
        data={Promiscuous.options.map((value) => ({ value, label: PROMISCUOUS_LABELS[value] }))}
        value={adapter.promiscuous}
        onChange={(value) => onAdapter({ promiscuous: Promiscuous.parse(value) })}
        disabled={isLocked(props, 'live')}
      />
    </FormRow>
  );
}

function LimitRow(props: AdapterProps) {
  const { adapter, onAdapter } = props;
  const isDisabled = isLocked(props, 'live');
  return (
    <FormRow label="Limits" note="Such as 10 Mbit/s or 256 kbit/s; nothing for no limit">
      <div className={classes.pair}>
        <RateField
          label="Limit in"
          sign="in"
          bitsPerSecond={adapter.limitInBitsPerSecond}
          onChange={(limitInBitsPerSecond) => onAdapter({ limitInBitsPerSecond })}
          isDisabled={isDisabled}
        />
        <RateField
          label="Limit out"
          sign="out"
          bitsPerSecond={adapter.limitOutBitsPerSecond}
          onChange={(limitOutBitsPerSecond) => onAdapter({ limitOutBitsPerSecond })}
          isDisabled={isDisabled}
        />
      </div>
    </FormRow>
  );
}

const GOOD_LINK: LinkConditions = { delayMs: 0, lossPercent: 0 };

function ConditionsRow(props: AdapterProps) {
  const { adapter, onAdapter } = props;
  const conditions = adapter.conditions ?? GOOD_LINK;
  const isDisabled = isLocked(props, 'live');
  const change = (part: Partial<LinkConditions>) => {
    const next = { ...conditions, ...part };
    onAdapter({ conditions: next.delayMs === 0 && next.lossPercent === 0 ? null : next });
  };
  return (
    <FormRow label="Bad link" note="For tests: each frame is delayed, or lost by chance">
      <div className={classes.pair}>
        <NumberInput
          aria-label="Delay in milliseconds"
          suffix=" ms"
          value={conditions.delayMs}
          onChange={(delayMs) => typeof delayMs === 'number' && change({ delayMs })}
          min={0}
          max={10_000}
          step={10}
          leftSection="delay"
          leftSectionWidth={48}
          disabled={isDisabled}
        />
        <NumberInput
          aria-label="Loss in percent"
          suffix=" %"
          value={conditions.lossPercent}
          onChange={(lossPercent) => typeof lossPercent === 'number' && change({ lossPercent })}
          min={0}
          max={100}
          leftSection="loss"
          leftSectionWidth={48}
          disabled={isDisabled}
        />
      </div>
    </FormRow>
  );
}

function AddressRow(props: AdapterProps) {
  const { adapter, index, issues, onAdapter } = props;
  return (
    <FormRow label="Address" note="The address that the network gives the guest, always the same one">
      <TextInput
        aria-label="Fixed address"
        placeholder="any free one"
        value={adapter.fixedAddress ?? ''}
        onChange={(event) => onAdapter({ fixedAddress: event.currentTarget.value.trim() || null })}
        error={issueAt(issues, `adapters.${index}.fixedAddress`)?.message}
        disabled={isLocked(props, 'live')}
        spellCheck={false}
      />
    </FormRow>
  );
}
