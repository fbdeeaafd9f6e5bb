import { Checkbox, Select } from '@mantine/core';
import { Chipset, Motherboard } from '../../shared/model/hardware.ts';
import { FormRow, FormSection } from '../components/form-row.tsx';
import { type AbilityName, lacksAbility, useEngines } from '../engines.ts';
import { CHIPSET_LABELS, WATCHDOG_LABELS } from '../machine-details/board-words.ts';
import { chosenEngine, isLocked, message, type SettingsPageProps } from './settings-page.ts';

/** Chipset, firmware, TPM and watchdog. What the engine cannot give is greyed, with its reason; what is on can go off. */
export function MotherboardSection(props: SettingsPageProps) {
  const { config, onChange } = props;
  const { motherboard } = config;
  const engines = useEngines();
  const engine = chosenEngine(props);
  const chipsets = engines.find(({ id }) => id === engine)?.capabilities.chipsets ?? Chipset.options;
  const isOff = isLocked(props, 'off');
  const change = (next: Partial<Motherboard>) => onChange({ motherboard: { ...motherboard, ...next } });
  const lack = (name: AbilityName) => lacksAbility({ engine }, name, engines);
  const isUefi = motherboard.firmware === 'uefi';
  return (
    <FormSection title="Motherboard">
      <FormRow label="Chipset" note={message(props, 'motherboard.chipset').note}>
        <Select
          aria-label="Chipset"
          data={Chipset.options.map((value) => ({
            value,
            label: CHIPSET_LABELS[value],
            disabled: !chipsets.includes(value),
          }))}
          value={motherboard.chipset}
          onChange={(value) => change({ chipset: Chipset.parse(value) })}
          allowDeselect={false}
          disabled={isOff}
        />
      </FormRow>
      <Toggle
        label="EFI"
        text="Start by UEFI"
        isOn={isUefi}
        lack={lack('uefi')}
        note={message(props, 'motherboard.firmware').note ?? 'Instead of BIOS; each machine has its own variables'}
        isOff={isOff}
        onToggle={(isOn) => change(isOn ? { firmware: 'uefi' } : { firmware: 'bios', isSecureBoot: false })}
      />
      <Toggle
        label="Secure Boot"
        text="Start only what is signed"
        isOn={motherboard.isSecureBoot}
        lack={isUefi ? lack('secureBoot') : 'It is a part of UEFI'}
        note={message(props, 'motherboard.isSecureBoot').note ?? 'With the keys of Microsoft; needs the chipset ICH9'}
        isOff={isOff}
        onToggle={(isSecureBoot) => change(isSecureBoot ? { isSecureBoot, chipset: 'q35' } : { isSecureBoot })}
      />
      <Toggle
        label="TPM"
        text="TPM 2.0"
        isOn={motherboard.hasTpm}
        lack={lack('tpm')}
        note={
          message(props, 'motherboard.hasTpm').note ?? 'Its secrets stay with the machine, its snapshots and clones'
        }
        isOff={isOff}
        onToggle={(hasTpm) => change({ hasTpm })}
      />
      <FormRow
        label="Watchdog"
        note={lack('watchdog') ?? message(props, 'motherboard.watchdog').note ?? 'When the guest stops feeding it'}
      >
        <Select
          aria-label="Watchdog"
          data={Motherboard.shape.watchdog.options.map((value) => ({ value, label: WATCHDOG_LABELS[value] }))}
          value={motherboard.watchdog}
          onChange={(value) => change({ watchdog: Motherboard.shape.watchdog.parse(value) })}
          allowDeselect={false}
          disabled={isOff || (lack('watchdog') !== null && motherboard.watchdog === 'none')}
        />
      </FormRow>
    </FormSection>
  );
}

interface ToggleProps {
  label: string;
  text: string;
  isOn: boolean;
  /** Why it cannot be switched on; null when it can. */
  lack: string | null;
  note: string;
  isOff: boolean;
  onToggle(isOn: boolean): void;
}

function Toggle({ label, text, isOn, lack, note, isOff, onToggle }: ToggleProps) {
  return (
    <FormRow label={label} note={isOn ? note : (lack ?? note)}>
      <Checkbox
        label={text}
        aria-label={label}
        checked={isOn}
        onChange={(event) => onToggle(event.currentTarget.checked)}
        disabled={isOff || (lack !== null && !isOn)}
        mt={6}
      />
    </FormRow>
  );
}
