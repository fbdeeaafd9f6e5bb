import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { ErrorReport } from '../../shared/errors.ts';
import type { Pool } from '../../shared/model/pool.ts';
import { api } from '../api.ts';
import { FailureLine } from '../components/failure-line.tsx';
import { Question } from '../components/question.tsx';
import { attempt, failureIn } from '../notify.tsx';

export type PoolDialog = { kind: 'create'; parent: Pool | null } | { kind: 'rename' | 'remove'; pool: Pool };

interface PoolDialogsProps {
  dialog: PoolDialog | null;
  onClose(): void;
  onMade(pool: Pool): void;
}

export function PoolDialogs({ dialog, onClose, onMade }: PoolDialogsProps) {
  if (dialog === null) return null;
  if (dialog.kind === 'remove') return <RemovePool pool={dialog.pool} onClose={onClose} />;
  const { kind } = dialog;
  const where = kind === 'create' ? (dialog.parent === null ? 'on the host' : `in '${dialog.parent.name}'`) : '';
  return (
    <NameDialog
      title={kind === 'create' ? `New pool ${where}` : `Rename '${dialog.pool.name}'`}
      action={kind === 'create' ? 'Create' : 'Rename'}
      initial={kind === 'create' ? '' : dialog.pool.name}
      onName={async (name) => {
        if (kind === 'create') onMade(await api.pool.create({ name, parent: dialog.parent?.id ?? null }));
        else await api.pool.configure({ pool: dialog.pool.id, name });
      }}
      onClose={onClose}
    />
  );
}

interface NameDialogProps {
  title: string;
  action: string;
  initial: string;
  onName(name: string): Promise<void>;
  onClose(): void;
}

function NameDialog({ title, action, initial, onName, onClose }: NameDialogProps) {
  const [name, setName] = useState(initial);
  const [failure, setFailure] = useState<ErrorReport | null>(null);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const failed = await failureIn(() => onName(name));
    setFailure(failed);
    if (failed === null) onClose();
  };
  return (
    <Modal opened onClose={onClose} title={title} size={420}>
      <form onSubmit={(event) => void submit(event)}>
        <Stack gap="sm">
          <TextInput
            label="Name"
            value={name}
            data-autofocus
            onChange={(event) => setName(event.currentTarget.value)}
            maxLength={100}
          />
          {failure !== null && <FailureLine failure={failure} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" disabled={name.trim() === ''}>
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function RemovePool({ pool, onClose }: { pool: Pool; onClose(): void }) {
  return (
    <Question
      title={`Remove the pool '${pool.name}'?`}
      action="Remove pool"
      isDangerous
      onAction={() => void attempt(() => api.pool.remove({ pool: pool.id }))}
      onClose={onClose}
    >
      Its claims are lost. Its machines and pools go to the pool around it, and run on.
    </Question>
  );
}
