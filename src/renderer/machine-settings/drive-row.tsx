import { ActionIcon, Select, Tooltip } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import type { Machine } from '../../shared/model/machine.ts';
import type { Medium, MediumId } from '../../shared/model/medium.ts';
import type { Attachment, DriveKind, StorageController } from '../../shared/model/storage.ts';
import { formatBytes } from '../../shared/units.ts';
import { api } from '../api.ts';
import { FileButton } from '../components/file-button.tsx';
import { MEDIUM_FILES } from '../components/file-filters.ts';
import { slotWords } from '../machine-details/config-words.ts';
import { attempt } from '../notify.tsx';
import { NewDiskButton } from './new-disk-button.tsx';
import classes from './settings.module.css';

interface DriveRowProps {
  machine: Machine;
  controller: StorageController;
  attachment: Attachment;
  media: ReadonlyMap<MediumId, Medium>;
  problem: string | undefined;
  isMediumLocked: boolean;
  isDriveLocked: boolean;
  onMedium(mediumId: MediumId | null): void;
  onRemove(): void;
}

const EMPTY = 'empty';
const SUBJECTS: Record<DriveKind, string> = { disk: 'Disk image', optical: 'ISO file', floppy: 'Floppy image' };

/** A drive: where it sits and what is in it. */
export function DriveRow(props: DriveRowProps) {
  const { machine, controller, attachment, media, problem, isMediumLocked, isDriveLocked, onMedium, onRemove } = props;
  const { kind, mediumId } = attachment;
  const slot = slotWords(controller, attachment);
  const choices = [...media.values()].filter((medium) => medium.kind === kind);
  const register = (path: string) =>
    attempt(async () => {
      const medium = await api.medium.register({ path, kind });
      onMedium(medium.id);
    });
  return (
    <div className={classes.drive}>
      <span className={classes.slot}>{slot}</span>
      <Select
        aria-label={`Medium in ${slot}`}
        className={classes.medium}
        data={[
          ...(kind === 'disk' ? [] : [{ value: EMPTY, label: 'Empty' }]),
          ...choices.map((medium) => ({ value: medium.id, label: mediumLabel(medium) })),
        ]}
        value={mediumId ?? (kind === 'disk' ? null : EMPTY)}
        placeholder="Choose a disk"
        onChange={(next) => onMedium(choices.find((medium) => medium.id === next)?.id ?? null)}
        searchable
        nothingFoundMessage="No medium of this kind is known"
        error={problem}
        disabled={isMediumLocked}
      />
      {kind === 'disk' && (
        <NewDiskButton machine={machine} isDisabled={isMediumLocked} onCreate={(medium) => onMedium(medium.id)} />
      )}
      <FileButton
        subject={SUBJECTS[kind]}
        filters={MEDIUM_FILES[kind]}
        onChoose={(path) => void register(path)}
        disabled={isMediumLocked}
      />
      <Tooltip label="Remove the drive">
        <ActionIcon aria-label={`Remove the drive at ${slot}`} disabled={isDriveLocked} onClick={onRemove}>
          <IconX size={15} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}

function mediumLabel({ name, virtualSizeBytes, inaccessibleBecause }: Medium): string {
  return inaccessibleBecause === null ? `${name}, ${formatBytes(virtualSizeBytes)}` : `${name}, inaccessible`;
}
