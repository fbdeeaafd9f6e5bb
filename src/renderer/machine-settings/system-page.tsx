import { Checkbox, Text } from '@mantine/core';
import { useAdmission } from '../admission/use-admission.ts';
import { FormRow } from '../components/form-row.tsx';
import { ZoneSlider } from '../components/zone-slider.tsx';
import { lacksAbility, useEngines } from '../engines.ts';
import { availableZones, memoryRange } from '../hardware-zones.ts';
import { bootWords } from '../machine-details/config-words.ts';
import { useObservable } from '../observable.ts';
import { usageSamples } from '../usage-store.ts';
import { BootOrder } from './boot-order.tsx';
import { MotherboardSection } from './motherboard-section.tsx';
import { isLocked, message, type SettingsPageProps } from './settings-page.ts';

/** Memory, what it boots from, motherboard, warm start. */
export function SystemPage(props: SettingsPageProps) {
  const { machine, config, onChange } = props;
  const engines = useEngines();
  const host = useObservable(usageSamples, (now) => now.at(-1))?.host;
  const isOff = isLocked(props, 'off');
  const report = useAdmission(machine.id, !isOff);
  const warmStart = lacksAbility(machine, 'warmStart', engines);
  return (
    <>
      <ZoneSlider
        label="Base Memory"
        unit="MB"
        value={config.memoryMiB}
        {...availableZones(memoryRange(host, config.engine, engines), report)}
        onChange={(memoryMiB) => onChange({ memoryMiB })}
        {...message(props, 'memoryMiB')}
        disabled={isOff}
      />
      {config.kernelBoot === null ? (
        <FormRow label="Boot Order" note={message(props, 'bootOrder').note}>
          <BootOrder value={config.bootOrder} onChange={(bootOrder) => onChange({ bootOrder })} isDisabled={isOff} />
        </FormRow>
      ) : (
        <FormRow label="Starts From">
          <Text lh="30px">{bootWords(config.kernelBoot, config.bootOrder)}</Text>
        </FormRow>
      )}
      <MotherboardSection {...props} />
      <FormRow
        label="Warm start"
        note={warmStart ?? 'Keeps the state after a boot, so that the next start takes no time'}
      >
        <Checkbox
          label="Keep a warm start"
          checked={config.keepsWarmStart}
          onChange={(event) => onChange({ keepsWarmStart: event.currentTarget.checked })}
          disabled={isOff || warmStart !== null}
          mt={6}
        />
      </FormRow>
    </>
  );
}
