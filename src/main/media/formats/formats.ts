import type { MediumFormat } from '../../../shared/model/medium.ts';
import type { BlockDevice } from './block-device.ts';
import { type ImageFormat, type OpenOptions, refusal } from './image-format.ts';
import { qcow2Format } from './qcow2/qcow2-format.ts';
import { rawFormat } from './raw-file.ts';
import { vdiFormat } from './vdi/vdi-format.ts';
import { vhdFormat } from './vhd/vhd-format.ts';
import { vhdxFormat } from './vhdx/vhdx-format.ts';
import { vmdkFormat } from './vmdk/vmdk-format.ts';

const FORMATS: Partial<Record<MediumFormat, ImageFormat>> = {
  raw: rawFormat,
  qcow2: qcow2Format,
  vdi: vdiFormat,
  vhd: vhdFormat,
  vmdk: vmdkFormat,
  vhdx: vhdxFormat,
};

/** Formats that `openImage` can open for reading. */
export const READABLE_FORMATS = Object.keys(FORMATS) as MediumFormat[];

/** Formats that a machine can write to. */
export const WRITABLE_FORMATS = Object.values(FORMATS)
  .filter(({ canWrite }) => canWrite)
  .map(({ id }) => id);

/** @throws InnError `NOT_SUPPORTED` when nothing here knows the format. */
export function imageFormat(id: MediumFormat): ImageFormat {
  const format = FORMATS[id];
  if (format) return format;
  throw refusal(
    'NOT_SUPPORTED',
    `Images of the format '${id}' cannot be opened.`,
    'Convert the image to qcow2 or raw.',
  );
}

/**
 * Opens an image of a format that was found out before (`sniffFormat`) or recorded: a guest could write the mark of another
 * format into its own raw disk, and the next start would then follow the guest's tables.
 * @throws InnError as `ImageFormat.open`; `NOT_SUPPORTED` when the format is unknown, or cannot be written.
 */
export async function openImage(path: string, id: MediumFormat, options: OpenOptions): Promise<BlockDevice> {
  const format = imageFormat(id);
  if (format.canWrite || options.isReadOnly) return format.open(path, options);
  throw refusal(
    'NOT_SUPPORTED',
    `'${path}' can only be read: its format is '${id}'.`,
    'Convert the image to qcow2 or raw.',
  );
}
