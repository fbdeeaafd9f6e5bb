import { useEffect } from 'react';
import type { Medium, MediumId } from '../../shared/model/medium.ts';
import { useMedia } from '../store.ts';
import { CheckDialog } from './check-dialog.tsx';
import { CopyDialog } from './copy-dialog.tsx';
import { CreateDiskDialog } from './create-disk-dialog.tsx';
import { DescribeDialog } from './describe-dialog.tsx';
import { ReleaseDialog, RemoveMediumDialog } from './medium-question.tsx';
import { ResizeDialog } from './resize-dialog.tsx';

export type OpenMediaDialog =
  | { kind: 'create' }
  | { kind: 'copy' | 'resize' | 'check' | 'release' | 'remove' | 'describe'; id: MediumId };

interface MediaDialogsProps {
  dialog: OpenMediaDialog | null;
  /** Goes to a medium that was just made. */
  onShow(medium: Medium): void;
  onClose(): void;
}

/** The dialog of the Media Manager that is open, if any. One whose medium is gone closes by itself. */
export function MediaDialogs({ dialog, onShow, onClose }: MediaDialogsProps) {
  if (dialog === null) return null;
  if (dialog.kind === 'create') return <CreateDiskDialog onCreate={onShow} onClose={onClose} />;
  return <OneMediumDialog dialog={dialog} onShow={onShow} onClose={onClose} />;
}

interface OneMediumDialogProps extends MediaDialogsProps {
  dialog: Exclude<OpenMediaDialog, { kind: 'create' }>;
}

function OneMediumDialog({ dialog, onShow, onClose }: OneMediumDialogProps) {
  const medium = useMedia().get(dialog.id);
  const isGone = medium === undefined;
  useEffect(() => {
    if (isGone) onClose();
  }, [isGone, onClose]);
  if (medium === undefined) return null;
  const props = { medium, onClose };
  switch (dialog.kind) {
    case 'copy':
      return <CopyDialog {...props} onCopy={onShow} />;
    case 'resize':
      return <ResizeDialog {...props} />;
    case 'check':
      return <CheckDialog {...props} />;
    case 'release':
      return <ReleaseDialog {...props} />;
    case 'remove':
      return <RemoveMediumDialog {...props} />;
    case 'describe':
      return <DescribeDialog {...props} />;
  }
}
