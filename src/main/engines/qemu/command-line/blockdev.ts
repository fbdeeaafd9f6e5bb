import { InnError } from '../../../../shared/errors.ts';
import { FORMAT_LABELS, type MediumFormat } from '../../../../shared/model/medium.ts';
import type { ResolvedDrive } from '../../start-spec.ts';
import { driveId } from '../drive-id.ts';

/** QEMU's names of the formats. */
const DRIVERS: Record<MediumFormat, string> = {
  raw: 'raw',
  qcow2: 'qcow2',
  vdi: 'vdi',
  vhd: 'vpc',
  vmdk: 'vmdk',
  vhdx: 'vhdx',
};

/** Formats whose files can name another file as what they are based on. */
const HAS_BACKING: ReadonlySet<MediumFormat> = new Set(['qcow2', 'vmdk']);

type Medium = NonNullable<ResolvedDrive['medium']>;
type Image = Medium['backing'][number];

/**
 * The description of a drive's image for `-blockdev` and `blockdev-add`. The format is told, never guessed, and no file
 * is opened but those that stand here: a hostile image could name any file of the host as its base.
 * @throws InnError `NOT_SUPPORTED` for an image that builds on another one in a format that cannot, for QEMU
 */
export function blockNode(drive: ResolvedDrive & { medium: Medium }): Record<string, unknown> {
  const { medium, kind } = drive;
  const isRead = medium.isReadOnly || kind === 'optical';
  return { 'node-name': driveId(drive), discard: 'unmap', ...imageNode(medium, medium.backing, isRead) };
}

function imageNode({ path, format }: Image, [base, ...rest]: Image[], isReadOnly: boolean): Record<string, unknown> {
  const backing = base === undefined ? null : imageNode(base, rest, true);
  if (backing !== null && !HAS_BACKING.has(format)) {
    throw new InnError(
      'NOT_SUPPORTED',
      `QEMU cannot use '${path}': a ${FORMAT_LABELS[format]} image that builds on another one.`,
      {
        hint: 'Convert it to QCOW2, or run the machine in the embedded engine.',
        details: { path },
      },
    );
  }
  return {
    driver: DRIVERS[format],
    'read-only': isReadOnly,
    ...(HAS_BACKING.has(format) ? { backing } : {}),
    file: { driver: 'file', filename: path, ...(isReadOnly ? {} : { discard: 'unmap' }) },
  };
}

export function hasMedium(drive: ResolvedDrive): drive is ResolvedDrive & { medium: Medium } {
  return drive.medium !== null;
}
