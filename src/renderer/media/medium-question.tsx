import { Radio, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { Medium } from '../../shared/model/medium.ts';
import { formatBytes } from '../../shared/units.ts';
import { api } from '../api.ts';
import { Question } from '../components/question.tsx';
import { attempt } from '../notify.tsx';
import { listed } from './medium-commands.ts';

interface MediumQuestionProps {
  medium: Medium;
  onClose(): void;
}

/** Forgetting and deleting are two things: the dialog says which, and what is lost. */
export function RemoveMediumDialog({ medium, onClose }: MediumQuestionProps) {
  const isMissing = medium.inaccessibleBecause !== null;
  const [choice, setChoice] = useState<'keep' | 'delete'>('keep');
  const isDeleting = choice === 'delete';
  return (
    <Question
      title={`Remove '${medium.name}'?`}
      action={isDeleting ? 'Delete the file' : 'Remove'}
      isDangerous={isDeleting}
      onClose={onClose}
      onAction={() => void attempt(() => api.medium.remove({ id: medium.id, deletesFile: isDeleting }))}
    >
      <Radio.Group value={choice} onChange={(value) => setChoice(value === 'delete' ? 'delete' : 'keep')}>
        <Stack gap="xs">
          <Radio
            value="keep"
            label="Keep the file"
            description={
              isMissing
                ? 'The medium leaves the list. Should the file come back, it can be added again.'
                : 'The medium leaves the list. Its file stays, and can be added again.'
            }
          />
          <Radio
            value="delete"
            disabled={isMissing}
            label="Delete the file"
            description={isMissing ? 'There is no file that could be deleted.' : lossOf(medium)}
          />
        </Stack>
      </Radio.Group>
      <Text ff="monospace" fz="xs" style={{ overflowWrap: 'anywhere' }}>
        {medium.location}
      </Text>
    </Question>
  );
}

function lossOf({ kind, actualSizeBytes, virtualSizeBytes }: Medium): string {
  const size = formatBytes(actualSizeBytes ?? 0);
  if (kind !== 'disk') return `The image of ${size} is deleted. This cannot be undone.`;
  return `Everything on this disk of ${formatBytes(virtualSizeBytes)} is lost, and ${size} are freed. This cannot be undone.`;
}

export function ReleaseDialog({ medium, onClose }: MediumQuestionProps) {
  const isDisk = medium.kind === 'disk';
  return (
    <Question
      title={`Release '${medium.name}'?`}
      action="Release"
      onClose={onClose}
      onAction={() => void attempt(() => api.medium.detach({ id: medium.id }))}
    >
      <Text>
        It is detached from {listed(medium.attachedTo)}.{' '}
        {isDisk ? 'A guest that boots from it will not start without it.' : 'The drive stays, and is empty.'} The file
        is not touched.
      </Text>
    </Question>
  );
}
