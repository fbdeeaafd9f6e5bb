import { LIMITS } from '../../shared/model/hardware.ts';
import { osTypeOf } from '../../shared/os-types.ts';
import { ZoneSlider } from '../components/zone-slider.tsx';
import { isLocked, message, type SettingsPageProps } from './settings-page.ts';

/** Video memory. */
export function DisplayPage(props: SettingsPageProps) {
  const { config, onChange } = props;
  const { min, max } = LIMITS.videoMemoryMiB;
  const { label, videoMemoryMiB } = osTypeOf(config.osType);
  const { error, note } = message(props, 'display.videoMemoryMiB');
  return (
    <ZoneSlider
      label="Video Memory"
      unit="MB"
      value={config.display.videoMemoryMiB}
      min={min}
      max={max}
      step={1}
      green={max}
      amber={max}
      onChange={(next) => onChange({ display: { ...config.display, videoMemoryMiB: next } })}
      error={error}
      note={note ?? `${videoMemoryMiB} MB are recommended for ${label}`}
      disabled={isLocked(props, 'off')}
    />
  );
}
