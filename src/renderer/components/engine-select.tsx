import { Select, Text } from '@mantine/core';
import { EngineChoice, type EngineInfo } from '../../shared/model/engine.ts';
import { useEngines } from '../engines.ts';

interface EngineSelectProps {
  value: EngineChoice;
  onChange(engine: EngineChoice): void;
  disabled?: boolean;
}

/** Automatic, or one of the engines; one that is not there is greyed and says why. */
export function EngineSelect({ value, onChange, disabled = false }: EngineSelectProps) {
  const engines = useEngines();
  const data = [
    { value: 'auto', label: 'Automatic', disabled: false, reason: 'The fastest engine that can run the machine' },
    ...engines.map((engine) => ({
      value: engine.id,
      label: engine.name,
      disabled: !engine.isAvailable,
      reason: engine.isAvailable ? describe(engine) : whyMissing(engine),
    })),
  ];
  const reasons = new Map(data.map((item) => [item.value, item.reason]));
  return (
    <Select
      aria-label="Engine"
      data={data.map(({ value: id, label, disabled: isOff }) => ({ value: id, label, disabled: isOff }))}
      value={value}
      onChange={(next) => onChange(EngineChoice.parse(next))}
      disabled={disabled}
      renderOption={({ option }) => (
        <div>
          <div>{option.label}</div>
          <Text fz="xs" c="dimmed">
            {reasons.get(option.value as EngineChoice)}
          </Text>
        </div>
      )}
    />
  );
}

function describe({ acceleration, version }: EngineInfo): string {
  return [acceleration, version].filter((part) => part !== null).join(', ');
}

function whyMissing({ findings }: EngineInfo): string {
  const lacking = findings.find((finding) => !finding.isGood);
  if (lacking === undefined) return 'Not available on this computer.';
  return `${lacking.subject} ${lacking.cause}`;
}
