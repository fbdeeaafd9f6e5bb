import { useState } from 'react';
import { FORMAT_LABELS, type Medium, MediumName } from '../../shared/model/medium.ts';
import { formatBytes } from '../../shared/units.ts';
import { api } from '../api.ts';
import { FormRow } from '../components/form-row.tsx';
import { FolderField } from './create-disk-dialog.tsx';
import { type ImageChoice, NEW_FORMATS, pathIn, toImageInput } from './image-choice.ts';
import { ImageFields } from './image-fields.tsx';
import classes from './media-dialogs.module.css';
import { NameField } from './name-field.tsx';
import { useWork } from './use-work.ts';
import { WorkDialog } from './work-dialog.tsx';

interface CopyDialogProps {
  medium: Medium;
  onCopy(copy: Medium): void;
  onClose(): void;
}

/** Copies an image, or converts it: both make a new file that stands alone. */
export function CopyDialog({ medium, onCopy, onClose }: CopyDialogProps) {
  const isDisk = medium.kind === 'disk';
  const [name, setName] = useState(`${medium.name.replace(/\.[^.]+$/, '')} copy`);
  const [folder, setFolder] = useState('');
  const [choice, setChoice] = useState<ImageChoice>({ format: firstFormat(medium), variant: 'dynamic' });
  const work = useWork(onClose);
  const copy = async () => {
    const made = await api.medium.copy({
      id: medium.id,
      ...(folder.trim() === '' ? { name: name.trim() } : { path: pathTo(folder.trim(), name.trim(), medium, choice) }),
      ...(isDisk ? toImageInput(choice) : {}),
    });
    onCopy(made);
    return made;
  };
  return (
    <WorkDialog
      title={`Copy '${medium.name}'`}
      subject={medium.id}
      action="Copy"
      canAct={MediumName.safeParse(name).success}
      work={work}
      onAct={() => work.run(copy, (made) => `'${made.name}' is a copy of '${medium.name}'.`)}
      onClose={onClose}
    >
      <FormRow label="From" note={medium.parentId === null ? undefined : 'What it builds on is copied, too.'}>
        <div className={classes.fact}>
          {FORMAT_LABELS[medium.format]}, {formatBytes(medium.virtualSizeBytes)}
        </div>
      </FormRow>
      <NameField value={name} onChange={setName} />
      <FolderField value={folder} onChange={setFolder} />
      {isDisk && <ImageFields choice={choice} isCopy onChange={setChoice} />}
    </WorkDialog>
  );
}

/** Its own format, where such images can be made. */
function firstFormat(medium: Medium): ImageChoice['format'] {
  return NEW_FORMATS.find(({ format }) => format === medium.format)?.format ?? 'qcow2';
}

function pathTo(folder: string, name: string, { kind, location }: Medium, { format }: ImageChoice): string {
  if (kind === 'disk') return pathIn(folder, name, format);
  const ending = /\.[^./\\]+$/.exec(location)?.[0] ?? '';
  return `${folder.replace(/[/\\]+$/, '')}/${name}${ending}`;
}
