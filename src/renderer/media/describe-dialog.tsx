import { Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { type Medium, MediumName } from '../../shared/model/medium.ts';
import { api } from '../api.ts';
import { FormRow } from '../components/form-row.tsx';
import { useWork } from './use-work.ts';
import { WorkDialog } from './work-dialog.tsx';

/** Name and note of a medium; its file keeps its own name. */
export function DescribeDialog({ medium, onClose }: { medium: Medium; onClose(): void }) {
  const [name, setName] = useState(medium.name);
  const [description, setDescription] = useState(medium.description);
  const work = useWork(onClose);
  const named = MediumName.safeParse(name);
  return (
    <WorkDialog
      title={`Name and note of '${medium.name}'`}
      subject={medium.id}
      action="Save"
      canAct={named.success}
      work={work}
      onAct={() =>
        work.run(
          () => api.medium.describe({ id: medium.id, name: name.trim(), description }),
          (saved) => `'${saved.name}' was saved.`,
        )
      }
      onClose={onClose}
    >
      <FormRow label="Name" note="The file keeps its own name.">
        <TextInput
          aria-label="Name"
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={named.success ? undefined : named.error.issues[0]?.message}
        />
      </FormRow>
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
