import { TextInput } from '@mantine/core';
import { FileField } from '../components/file-field.tsx';
import { ANY_FILES, MEDIUM_FILES } from '../components/file-filters.ts';
import { FormRow } from '../components/form-row.tsx';
import type { NewMachineForm } from './new-machine-form.ts';

interface SourceFilesProps {
  form: NewMachineForm;
  onChange(form: NewMachineForm): void;
}

/** The files that the chosen source needs. */
export function SourceFiles({ form, onChange }: SourceFilesProps) {
  switch (form.source) {
    case 'iso':
      return (
        <FormRow label="ISO file">
          <FileField
            label="ISO file"
            value={form.isoPath}
            onChange={(isoPath) => onChange({ ...form, isoPath })}
            filters={MEDIUM_FILES.optical}
            placeholder="/home/me/debian.iso"
          />
        </FormRow>
      );
    case 'disk':
      return (
        <FormRow label="Disk image">
          <FileField
            label="Disk image"
            value={form.diskPath}
            onChange={(diskPath) => onChange({ ...form, diskPath })}
            filters={MEDIUM_FILES.disk}
            placeholder="/home/me/disk.img"
          />
        </FormRow>
      );
    case 'kernel':
      return <KernelFiles form={form} onChange={onChange} />;
    default:
      return null;
  }
}

function KernelFiles({ form, onChange }: SourceFilesProps) {
  return (
    <>
      <FormRow label="Kernel">
        <FileField
          label="Kernel"
          value={form.kernelPath}
          onChange={(kernelPath) => onChange({ ...form, kernelPath })}
          filters={ANY_FILES}
          placeholder="/boot/vmlinuz"
        />
      </FormRow>
      <FormRow label="Initrd">
        <FileField
          label="Initrd"
          value={form.initrdPath}
          onChange={(initrdPath) => onChange({ ...form, initrdPath })}
          filters={ANY_FILES}
          placeholder="None"
        />
      </FormRow>
      <FormRow label="Command line">
        <TextInput
          aria-label="Command line"
          value={form.commandLine}
          placeholder="console=ttyS0"
          onChange={(event) => onChange({ ...form, commandLine: event.currentTarget.value })}
          spellCheck={false}
        />
      </FormRow>
    </>
  );
}
