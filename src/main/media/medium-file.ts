import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import type { Medium } from '../../shared/model/medium.ts';
import { fileError } from '../file-error.ts';
import type { MediumRecord } from './medium-record.ts';

/** What was seen of a medium's file when it was last looked at. */
export interface FileLook {
  /** Length of the file, in bytes; null when it cannot be reached. */
  lengthBytes: number | null;
  /** Bytes that it takes on the host's disk: less than its length when it is sparse. */
  actualSizeBytes: number | null;
  inaccessibleBecause: string | null;
}

/** Before the first look: nothing is known, nothing is wrong. */
export const NOT_LOOKED: FileLook = { lengthBytes: null, actualSizeBytes: null, inaccessibleBecause: null };

/** Looks whether the medium's file is there and readable. Never rejects. */
export async function lookAtFile({ location }: Pick<MediumRecord, 'location'>): Promise<FileLook> {
  try {
    const stats = await stat(location);
    await access(location, constants.R_OK);
    const actualSizeBytes = Math.min(stats.size, (stats.blocks ?? stats.size / 512) * 512);
    return { lengthBytes: stats.size, actualSizeBytes: Math.ceil(actualSizeBytes), inaccessibleBecause: null };
  } catch (cause) {
    return { ...NOT_LOOKED, inaccessibleBecause: fileError(location, cause).message };
  }
}

/** The medium as clients see it. */
export function toMedium(
  record: MediumRecord,
  look: FileLook,
  users: Pick<Medium, 'attachedTo' | 'inSnapshots'>,
): Medium {
  const { isHidden: _, ...rest } = record;
  const { actualSizeBytes, inaccessibleBecause } = look;
  return { ...rest, virtualSizeBytes: sizeForGuest(record, look), actualSizeBytes, inaccessibleBecause, ...users };
}

/** A raw image is as large as its file, which may have been replaced since; of other formats the header was read. */
export function sizeForGuest(record: Pick<MediumRecord, 'format' | 'virtualSizeBytes'>, look: FileLook): number {
  return record.format === 'raw' ? (look.lengthBytes ?? record.virtualSizeBytes) : record.virtualSizeBytes;
}
