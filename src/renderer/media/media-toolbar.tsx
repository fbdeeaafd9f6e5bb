import {
  IconArrowsMaximize,
  IconCopy,
  IconFileImport,
  IconFoldDown,
  IconPlugConnectedX,
  IconPlus,
  IconRefresh,
  IconStethoscope,
  IconTrash,
} from '@tabler/icons-react';
import type { Medium, MediumKind } from '../../shared/model/medium.ts';
import { FileButton } from '../components/file-button.tsx';
import { MEDIUM_FILES } from '../components/file-filters.ts';
import { ToolButton } from '../components/tool-button.tsx';
import { useObservable } from '../observable.ts';
import { world } from '../store.ts';
import toolbar from '../toolbar.module.css';
import classes from './media-page.module.css';
import { type MediumCommand, whyNot } from './medium-commands.ts';

interface MediaToolbarProps {
  kind: MediumKind;
  medium: Medium | undefined;
  onAdd(path: string): void;
  onCreate(): void;
  onCommand(command: MediumCommand): void;
  onRefresh(): void;
}

const COMMANDS: Record<MediumCommand, { label: string; icon: typeof IconCopy; hint: string }> = {
  copy: { label: 'Copy', icon: IconCopy, hint: 'Copy it, or convert it to another format' },
  resize: { label: 'Resize', icon: IconArrowsMaximize, hint: 'Enlarge the disk' },
  compact: { label: 'Compact', icon: IconFoldDown, hint: 'Give unused space back to this computer' },
  check: { label: 'Check', icon: IconStethoscope, hint: 'Look for errors in the image' },
  release: { label: 'Release', icon: IconPlugConnectedX, hint: 'Detach it from its machines' },
  remove: { label: 'Remove', icon: IconTrash, hint: 'Take it off the list, or delete its file (Del)' },
};

const DISK_COMMANDS: MediumCommand[] = ['copy', 'resize', 'compact', 'check'];
const OTHER_COMMANDS: MediumCommand[] = ['copy'];

const SUBJECTS: Record<MediumKind, string> = { disk: 'Disk image', optical: 'ISO file', floppy: 'Floppy image' };

/** What can be done with media, in the field's order. */
export function MediaToolbar({ kind, medium, onAdd, onCreate, onCommand, onRefresh }: MediaToolbarProps) {
  const isDisk = kind === 'disk';
  const changing = isDisk ? DISK_COMMANDS : OTHER_COMMANDS;
  return (
    <div className={classes.toolbar} role="toolbar" aria-label="Media">
      <FileButton
        subject={SUBJECTS[kind]}
        filters={MEDIUM_FILES[kind]}
        onChoose={onAdd}
        button={(browse) => (
          <ToolButton label="Add" icon={IconFileImport} hint="Make a file known" reason={null} onClick={browse} />
        )}
      />
      {isDisk && (
        <ToolButton label="Create" icon={IconPlus} hint="Create an empty disk" reason={null} onClick={onCreate} />
      )}
      <span className={toolbar.gap} />
      {changing.map((command) => (
        <CommandButton key={command} command={command} medium={medium} onCommand={onCommand} />
      ))}
      <span className={toolbar.gap} />
      <CommandButton command="release" medium={medium} onCommand={onCommand} />
      <CommandButton command="remove" medium={medium} onCommand={onCommand} />
      <span className={toolbar.gap} />
      <ToolButton label="Refresh" icon={IconRefresh} hint="Look at all files again" reason={null} onClick={onRefresh} />
    </div>
  );
}

interface CommandButtonProps {
  command: MediumCommand;
  medium: Medium | undefined;
  onCommand(command: MediumCommand): void;
}

function CommandButton({ command, medium, onCommand }: CommandButtonProps) {
  const known = useObservable(world, (now) => now);
  const reason = medium === undefined ? 'Nothing is selected.' : whyNot(command, medium, known);
  return <ToolButton {...COMMANDS[command]} reason={reason} onClick={() => onCommand(command)} />;
}
