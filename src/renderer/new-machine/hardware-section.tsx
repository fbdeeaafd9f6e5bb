import { Checkbox, Select } from '@mantine/core';
import type { Issue } from '../../shared/model/machine.ts';
import { formatBytes, GIB } from '../../shared/units.ts';
import { FormRow, FormSection } from '../components/form-row.tsx';
import { ZoneSlider } from '../components/zone-slider.tsx';
import { useEngines } from '../engines.ts';
import { diskRange, memoryRange, processorRange } from '../hardware-zones.ts';
import { NEW_FORMATS } from '../media/image-choice.ts';
import { useObservable } from '../observable.ts';
import { usageSamples } from '../usage-store.ts';
import { issueAt } from '../use-config-check.ts';
import type { NewMachineForm } from './new-machine-form.ts';

interface HardwareSectionProps {
  form: NewMachineForm;
  issues: readonly Issue[];
  onChange(form: NewMachineForm): void;
}

/** Memory, processors and a new disk, each over what this computer can give. */
export function HardwareSection({ form, issues, onChange }: HardwareSectionProps) {
  const host = useObservable(usageSamples, (now) => now.at(-1))?.host;
  const engines = useEngines();
  const memory = issueAt(issues, 'memoryMiB');
  const processors = issueAt(issues, 'processors.count');
  const range = processorRange(host, form.engine, engines);
  const free = host === undefined ? '' : `${formatBytes(host.memoryAvailableBytes)} of memory are free now`;
  return (
    <FormSection title="Hardware">
      <ZoneSlider
        label="Base Memory"
        unit="MB"
        value={form.memoryMiB}
        {...memoryRange(host, form.engine, engines)}
        onChange={(memoryMiB) => onChange({ ...form, memoryMiB })}
        error={memory?.severity === 'error' ? memory.message : undefined}
        note={memory?.message ?? free}
      />
      <ZoneSlider
        label="Processors"
        unit=""
        value={form.processors}
        {...range}
        onChange={(count) => onChange({ ...form, processors: count })}
        error={processors?.severity === 'error' ? processors.message : undefined}
        note={processors?.message ?? (range.max === 1 ? 'The engine gives a machine one processor' : undefined)}
      />
      {form.source !== 'disk' && form.source !== 'demo' && <NewDisk form={form} issues={issues} onChange={onChange} />}
    </FormSection>
  );
}

function NewDisk({ form, onChange }: HardwareSectionProps) {
  const host = useObservable(usageSamples, (now) => now.at(-1))?.host;
  const range = diskRange(host);
  const isTooLarge = host !== undefined && form.diskGiB * GIB > host.storageFreeBytes;
  return (
    <>
      <FormRow label="Hard disk">
        <Checkbox
          label="Create an empty virtual disk"
          checked={form.hasNewDisk}
          onChange={(event) => onChange({ ...form, hasNewDisk: event.currentTarget.checked })}
          mt={6}
        />
      </FormRow>
      {form.hasNewDisk && <DiskFormat form={form} onChange={onChange} />}
      {form.hasNewDisk && (
        <ZoneSlider
          label="Disk size"
          unit="GB"
          value={form.diskGiB}
          {...range}
          onChange={(diskGiB) => onChange({ ...form, diskGiB })}
          note={
            isTooLarge
              ? `More than the ${formatBytes(host.storageFreeBytes)} that are free; it fits until it is filled`
              : 'Takes space on this computer only as it is filled'
          }
        />
      )}
    </>
  );
}

/** What the engine chooses by itself when the person does not. */
const BEST = 'best';

function DiskFormat({ form, onChange }: Pick<HardwareSectionProps, 'form' | 'onChange'>) {
  const engines = useEngines();
  const engine = engines?.find(({ id }) => id === form.engine);
  const formats = NEW_FORMATS.filter(({ format }) => engine?.capabilities.formats.includes(format) ?? true);
  const chosen = formats.find(({ format }) => format === form.diskFormat);
  return (
    <FormRow label="Disk format" note={chosen?.note ?? 'The best that the engine can use'}>
      <Select
        aria-label="Disk format"
        allowDeselect={false}
        data={[{ value: BEST, label: 'Automatic' }, ...formats.map(({ format, label }) => ({ value: format, label }))]}
        value={chosen?.format ?? BEST}
        onChange={(value) => {
          const next = formats.find(({ format }) => format === value);
          onChange({ ...form, diskFormat: next?.format ?? null });
        }}
      />
    </FormRow>
  );
}
