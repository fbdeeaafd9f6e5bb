import { ZoneSlider } from '../components/zone-slider.tsx';
import { lacksAbility, useEngines } from '../engines.ts';
import { processorRange } from '../hardware-zones.ts';
import { useObservable } from '../observable.ts';
import { usageSamples } from '../usage-store.ts';
import { PriorityRow } from './priority-row.tsx';
import { isLocked, message, type SettingsPageProps } from './settings-page.ts';

/** Under this execution cap a guest feels slow (field guide §2.6). */
const LOW_CAP_PERCENT = 40;

/** How many processors, and how much of the host's each may use. */
export function ProcessorPage(props: SettingsPageProps) {
  const { machine, config, onChange } = props;
  const { processors } = config;
  const engines = useEngines();
  const host = useObservable(usageSamples, (now) => now.at(-1))?.host;
  const range = processorRange(host, config.engine, engines);
  const count = message(props, 'processors.count');
  const cap = message(props, 'processors.capPercent');
  const noCap = lacksAbility(machine, 'executionCap', engines);
  return (
    <>
      <ZoneSlider
        label="Processors"
        unit=""
        value={processors.count}
        {...range}
        onChange={(next) => onChange({ processors: { ...processors, count: next } })}
        error={count.error}
        note={count.note ?? (range.max === 1 ? 'The engine gives a machine one processor' : ' ')}
        disabled={isLocked(props, 'plug')}
      />
      <ZoneSlider
        label="Execution Cap"
        unit="%"
        value={processors.capPercent}
        min={1}
        max={100}
        step={1}
        green={LOW_CAP_PERCENT}
        amber={100}
        isReversed
        onChange={(capPercent) => onChange({ processors: { ...processors, capPercent } })}
        error={cap.error}
        note={noCap ?? cap.note ?? 'How much of a host processor each virtual one may use'}
        disabled={isLocked(props, 'always') || noCap !== null}
      />
      <PriorityRow {...props} />
    </>
  );
}
