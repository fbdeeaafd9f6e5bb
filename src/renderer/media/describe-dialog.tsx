import { Textarea } from '@mantine/core';
import { useState } from 'react';
import { type Medium, MediumName } from '../../shared/model/medium.ts';
import { api } from '../api.ts';
import { FormRow } from '../components/form-row.tsx';
import { NameField } from './name-field.tsx';
import { useWork } from './use-work.ts';
import { WorkDialog } from './work-dialog.tsx';

/** Name and note of a medium; its file keeps its own name. */
export function DescribeDialog({ medium, onClose }: { medium: Medium; onClose(): void }) {
  const [name, setName] = useState(medium.name);
  const [description, setDescription] = useState(medium.description);
  const work = useWork(onClose);
  return (
    <WorkDialog
      title={`Name and note of '${medium.name}'`}
      subject={medium.id}
      action="Save"
      canAct={MediumName.safeParse(name).success}
      work={work}
      onAct={() =>
        work.run(
          () => api.medium.describe({ id: medium.id, name: name.trim(), description }),
          (saved) => `'${saved.name}' was saved.`,
        )
      }
      onClose={onClose}
    >
      <NameField value={name} note="The file keeps its own name." onChange={setName} />
      <FormRow label="Note">
        <Textarea
          aria-label="Note"
          autosize
          minRows={3}
          maxRows={8}
          value={description}
          onChange={(event) => setDescription(event.currentTarget.value)}
        />
      </FormRow>
    </WorkDialog>
  );
}
