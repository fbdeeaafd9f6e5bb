import type { FileFilter } from '../../shared/desktop-bridge.ts';
import type { MediumKind } from '../../shared/model/medium.ts';

/** Which files are offered for each kind of medium. */
export const MEDIUM_FILES: Record<MediumKind, FileFilter[]> = {
  optical: [{ name: 'Disc images', extensions: ['iso'] }],
  floppy: [{ name: 'Floppy images', extensions: ['img', 'ima', 'flp', 'vfd', 'dsk'] }],
  disk: [{ name: 'Disk images', extensions: ['img', 'raw', 'qcow2', 'vdi', 'vmdk', 'vhd', 'vhdx'] }],
};

export const ANY_FILES: FileFilter[] = [{ name: 'All files', extensions: ['*'] }];
