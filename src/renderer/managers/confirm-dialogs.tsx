import { Checkbox, Code, Radio, Stack, Text, Textarea } from '@mantine/core';
import { useState } from 'react';
import { MACHINE_STATES } from '../../shared/machine-state.ts';
import type { Machine } from '../../shared/model/machine.ts';
import type { Medium } from '../../shared/model/medium.ts';
import { formatBytes } from '../../shared/units.ts';
import { api } from '../api.ts';
import { Question } from '../components/question.tsx';
import { attempt } from '../notify.tsx';
import { useMedia } from '../store.ts';
import { focusScreen, setPreference } from '../view.ts';

interface MachineDialogProps {
  machine: Machine;
  onClose(): void;
}

export function PowerOffDialog({ machine, onClose }: MachineDialogProps) {
  const [asksNoMore, setAsksNoMore] = useState(false);
  const { name } = machine.config;
  return (
    <Question
      title={`Power off '${name}'?`}
      action="Power Off"
      isDangerous
      onClose={onClose}
      onAction={() => {
        if (asksNoMore) setPreference('skipsPowerOffQuestion', true);
        void attempt(() => api.machine.powerOff({ machine: machine.id }));
      }}
    >
      <Text>
        This is like pulling the plug: whatever the guest has not written to its disk is lost. ACPI Shutdown asks the
        guest to end by itself; Save State keeps everything as it is.
      </Text>
      <Checkbox
        label="Don't ask again"
        checked={asksNoMore}
        onChange={(event) => setAsksNoMore(event.currentTarget.checked)}
      />
    </Question>
  );
}

export function ResetDialog({ machine, onClose }: MachineDialogProps) {
  const [asksNoMore, setAsksNoMore] = useState(false);
  return (
    <Question
      title={`Reset '${machine.config.name}'?`}
      action="Reset"
      isDangerous
      onClose={onClose}
      onAction={() => {
        if (asksNoMore) setPreference('skipsResetQuestion', true);
        void attempt(() => api.machine.reset({ machine: machine.id }));
      }}
    >
      <Text>The machine starts anew at once. Whatever the guest has not written to its disk is lost.</Text>
      <Checkbox
        label="Don't ask again"
        checked={asksNoMore}
        onChange={(event) => setAsksNoMore(event.currentTarget.checked)}
      />
    </Question>
  );
}

export function DiscardStateDialog({ machine, onClose }: MachineDialogProps) {
  const { name } = machine.config;
  return (
    <Question
      title={`Discard the saved state of '${name}'?`}
      action="Discard"
      isDangerous
      onClose={onClose}
      onAction={() => void attempt(() => api.machine.discardState({ machine: machine.id }))}
    >
      <Text>
        The next start boots the guest anew, as after a power failure. What ran in it, and was saved{' '}
        {new Date(machine.stateSince).toLocaleString()}, is lost for good.
      </Text>
    </Question>
  );
}

export function RemoveDialog({ machine, onClose }: MachineDialogProps) {
  const [choice, setChoice] = useState<'keep' | 'delete'>('keep');
  const media = useMedia();
  const { name } = machine.config;
  const files = ownFiles(machine, media.values());
  const total = files.reduce((sum, file) => sum + (file.actualSizeBytes ?? 0), 0);
  const isDeleting = choice === 'delete';
  return (
    <Question
      title={`Remove '${name}'?`}
      action={isDeleting ? 'Remove and delete files' : 'Remove'}
      isDangerous={isDeleting}
      onClose={onClose}
      onAction={() => void attempt(() => api.machine.remove({ machine: machine.id, deletesFiles: isDeleting }))}
    >
      <Radio.Group value={choice} onChange={(value) => setChoice(value === 'delete' ? 'delete' : 'keep')}>
        <Stack gap="xs">
          <Radio
            value="keep"
            label="Keep the files"
            description="The machine leaves the list. Its folder with disks and logs stays on this computer."
          />
          <Radio
            value="delete"
            label={files.length === 0 ? 'Delete the files' : `Delete the files (${formatBytes(total)} in disks)`}
            description="The folder below and everything in it is deleted. This cannot be undone."
          />
        </Stack>
      </Radio.Group>
      <Code block fz="xs" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
        {[machine.folder, ...files.map((file) => `  ${file.name}, ${sizeOf(file)}`), ...savedStateLine(machine)].join(
          '\n',
        )}
      </Code>
      <Text c="dimmed" fz="xs">
        Discs and disks that lie outside of this folder are never deleted.
      </Text>
    </Question>
  );
}

function ownFiles(machine: Machine, media: Iterable<Medium>): Medium[] {
  const attached = new Set(machine.config.storage.flatMap((each) => each.attachments.map((drive) => drive.mediumId)));
  return [...media].filter((medium) => medium.isOwned && attached.has(medium.id));
}

function sizeOf({ actualSizeBytes, virtualSizeBytes }: Medium): string {
  const used = actualSizeBytes === null ? 'cannot be read' : `${formatBytes(actualSizeBytes)} used`;
  return `${formatBytes(virtualSizeBytes)} (${used})`;
}

function savedStateLine({ state }: Machine): string[] {
  return state === 'Saved' || state === 'AbortedSaved' ? [`  its saved state (${MACHINE_STATES[state].label})`] : [];
}

/** Text for the guest's keyboard, seen before it is typed. */
export function TypeTextDialog({ machine, text, onClose }: MachineDialogProps & { text: string }) {
  const [value, setValue] = useState(text);
  const lines = value.split('\n').length;
  return (
    <Question
      title={`Type into '${machine.config.name}'`}
      action="Type"
      isDisabled={value === ''}
      onClose={onClose}
      onAction={() => {
        focusScreen();
        void attempt(() => api.machine.type({ machine: machine.id, text: value }));
      }}
    >
      <Textarea
        aria-label="Text to type"
        value={value}
        onChange={(event) => setValue(event.currentTarget.value)}
        autosize
        minRows={5}
        maxRows={14}
        data-autofocus
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
      />
      <Text c="dimmed" fz="xs">
        {value.length} characters in {lines} {lines === 1 ? 'line' : 'lines'}, as keystrokes of a US keyboard. The guest
        cannot undo them.
      </Text>
    </Question>
  );
}
