import { ActionIcon, Button, TextInput, Tooltip } from '@mantine/core';
import { IconDatabase, IconDeviceFloppy, IconDisc, IconPlus, IconTrash } from '@tabler/icons-react';
import { driveKinds, freeSlots } from '../../shared/drive-slots.ts';
import type { Medium, MediumId } from '../../shared/model/medium.ts';
import {
  CONTROLLER_SLOTS,
  type DriveKind,
  HOT_PLUG_CONTROLLERS,
  type StorageController,
} from '../../shared/model/storage.ts';
import { issueAt } from '../use-config-check.ts';
import { DriveRow } from './drive-row.tsx';
import classes from './settings.module.css';
import { isLocked, type SettingsPageProps } from './settings-page.ts';
import { withDrive, withMedium, withoutController, withoutDrive } from './storage-edits.ts';

interface ControllerCardProps extends SettingsPageProps {
  controller: StorageController;
  index: number;
  media: ReadonlyMap<MediumId, Medium>;
}

export const DRIVE_LOOKS: Record<DriveKind, { icon: typeof IconDisc; label: string }> = {
  disk: { icon: IconDatabase, label: 'Hard disk' },
  optical: { icon: IconDisc, label: 'Optical drive' },
  floppy: { icon: IconDeviceFloppy, label: 'Floppy drive' },
};

/** One controller and its drives. */
export function ControllerCard(props: ControllerCardProps) {
  const { controller, index, config, issues, media, onChange } = props;
  const { storage } = config;
  const isOff = isLocked(props, 'off');
  const whenOf = (kind: DriveKind) => (kind === 'disk' && HOT_PLUG_CONTROLLERS.has(controller.type) ? 'plug' : 'off');
  const rename = (name: string) =>
    onChange({ storage: storage.map((each, at) => (at === index ? { ...each, name } : each)) });
  const problem = issueAt(issues, `storage.${index}.name`) ?? issueAt(issues, `storage.${index}.type`);
  return (
    <section className={classes.controller} aria-label={`Controller ${controller.name}`}>
      <header>
        <TextInput
          aria-label={`Name of controller ${index + 1}`}
          value={controller.name}
          onChange={(event) => rename(event.currentTarget.value)}
          error={problem?.message}
          disabled={isOff}
          w={170}
        />
        <span className={classes.quiet}>{CONTROLLER_SLOTS[controller.type].label}</span>
        <span className={classes.spacer} />
        {driveKinds(controller.type).map((kind) => (
          <Button
            key={kind}
            variant="subtle"
            color="gray"
            leftSection={<IconPlus size={13} />}
            disabled={isLocked(props, whenOf(kind)) || freeSlots(controller).length === 0}
            onClick={() => onChange({ storage: withDrive(storage, index, kind, null) })}
          >
            {DRIVE_LOOKS[kind].label}
          </Button>
        ))}
        <Tooltip label="Remove the controller and its drives">
          <ActionIcon
            aria-label={`Remove controller ${controller.name}`}
            disabled={isOff}
            onClick={() => onChange({ storage: withoutController(storage, index) })}
          >
            <IconTrash size={15} />
          </ActionIcon>
        </Tooltip>
      </header>
      {controller.attachments.map((attachment, drive) => (
        <DriveRow
          key={`${attachment.port}:${attachment.device}`}
          machine={props.machine}
          controller={controller}
          attachment={attachment}
          media={media}
          problem={issueAt(issues, `storage.${index}.attachments.${drive}`)?.message}
          isMediumLocked={isLocked(props, attachment.kind === 'disk' ? whenOf('disk') : 'live')}
          isDriveLocked={isLocked(props, whenOf(attachment.kind))}
          onMedium={(mediumId) => onChange({ storage: withMedium(storage, index, drive, mediumId) })}
          onRemove={() => onChange({ storage: withoutDrive(storage, index, drive) })}
        />
      ))}
      {controller.attachments.length === 0 && <p className={classes.quiet}>No drives</p>}
    </section>
  );
}
