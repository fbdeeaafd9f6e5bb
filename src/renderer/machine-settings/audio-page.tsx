import { Checkbox, Select } from '@mantine/core';
import { type Audio, AudioCard } from '../../shared/model/hardware.ts';
import { FormRow } from '../components/form-row.tsx';
import { lacksAbility, useEngines } from '../engines.ts';
import { AUDIO_CARD_LABELS } from '../machine-details/board-words.ts';
import { chosenEngine, isLocked, message, type SettingsPageProps } from './settings-page.ts';

/** The sound card, and what of its sound reaches this computer. */
export function AudioPage(props: SettingsPageProps) {
  const { config, onChange } = props;
  const { audio } = config;
  const engines = useEngines();
  const engine = chosenEngine(props);
  const cards = engines.find(({ id }) => id === engine)?.capabilities.audioCards ?? AudioCard.options;
  const isOff = isLocked(props, 'off');
  const change = (next: Partial<Audio>) => onChange({ audio: { ...audio, ...next } });
  const hasNoCard = audio.card === 'none';
  return (
    <>
      <FormRow
        label="Controller"
        note={message(props, 'audio.card').note ?? lacksAbility({ engine }, 'audio', engines) ?? undefined}
      >
        <Select
          aria-label="Audio Controller"
          data={AudioCard.options.map((value) => ({
            value,
            label: AUDIO_CARD_LABELS[value],
            disabled: !cards.includes(value),
          }))}
          value={audio.card}
          onChange={(value) => change({ card: AudioCard.parse(value) })}
          allowDeselect={false}
          disabled={isOff}
        />
      </FormRow>
      <FormRow label="Output" note="What the guest plays is heard on this computer">
        <Checkbox
          label="Enable Audio Output"
          checked={audio.hasOutput}
          onChange={(event) => change({ hasOutput: event.currentTarget.checked })}
          disabled={isOff || hasNoCard}
          mt={6}
        />
      </FormRow>
      <FormRow label="Input" note={message(props, 'audio.hasInput').note ?? 'The guest can listen to your microphone'}>
        <Checkbox
          label="Enable Audio Input"
          checked={audio.hasInput}
          onChange={(event) => change({ hasInput: event.currentTarget.checked })}
          disabled={isOff || hasNoCard}
          mt={6}
        />
      </FormRow>
    </>
  );
}
