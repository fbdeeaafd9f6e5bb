import { TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Machine } from '../../shared/model/machine.ts';
import { type Medium, MediumName } from '../../shared/model/medium.ts';
import { GIB } from '../../shared/units.ts';
import { api } from '../api.ts';
import { FormRow } from '../components/form-row.tsx';
import { type ImageChoice, pathIn, toImageInput } from './image-choice.ts';
import { ImageFields } from './image-fields.tsx';
import { NameField } from './name-field.tsx';
import { SizeField } from './size-field.tsx';
import { useWork } from './use-work.ts';
import { WorkDialog } from './work-dialog.tsx';

interface CreateDiskDialogProps {
  /** Whose folder the disk goes to; without one it belongs to no machine. */
  machine?: Machine;
  onCreate(medium: Medium): void;
  onClose(): void;
}

/** Makes an empty disk. */
export function CreateDiskDialog({ machine, onCreate, onClose }: CreateDiskDialogProps) {
  const [name, setName] = useState('disk');
  const [folder, setFolder] = useState('');
  const [sizeGiB, setSizeGiB] = useState(8);
  const [choice, setChoice] = useState<ImageChoice>({ format: 'qcow2', variant: 'dynamic' });
  const work = useWork(onClose);
  const place = placeOf(folder.trim(), name.trim(), choice, machine);
  const create = async () => {
    const medium = await api.medium.create({
      ...place,
      ...toImageInput(choice),
      sizeBytes: Math.round(sizeGiB * 1024) * (GIB / 1024),
    });
    onCreate(medium);
  };
  return (
    <WorkDialog
      title="Create a disk"
      subject={null}
      action="Create"
      canAct={MediumName.safeParse(name).success && sizeGiB > 0}
      work={work}
      onAct={() => work.run(create)}
      onClose={onClose}
    >
      <NameField value={name} onChange={setName} />
      {machine === undefined && <FolderField value={folder} onChange={setFolder} />}
      <SizeField
        sizeGiB={sizeGiB}
        minGiB={0.01}
        note="What the guest sees, 4 MB to 2 TB. It can grow later, but not shrink."
        onChange={setSizeGiB}
      />
      <ImageFields choice={choice} isCopy={false} onChange={setChoice} />
    </WorkDialog>
  );
}

/** Where a new image goes: a folder of the host, or the program's own. */
export function FolderField({ value, onChange }: { value: string; onChange(folder: string): void }) {
  return (
    <FormRow label="Folder">
      <TextInput
        aria-label="Folder"
        placeholder="Innkeeper's own folder of disks"
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        spellCheck={false}
      />
    </FormRow>
  );
}

function placeOf(folder: string, name: string, { format }: ImageChoice, machine: Machine | undefined) {
  if (machine !== undefined) return { machine: machine.id, name };
  return folder === '' ? { name } : { path: pathIn(folder, name, format) };
}
