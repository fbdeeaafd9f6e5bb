import { InnError } from '../../../shared/errors.ts';
import type { MediumFormat } from '../../../shared/model/medium.ts';
import { DAMAGED_HINT } from '../image-file.ts';
import type { BlockDevice } from './block-device.ts';
import type { CopyOptions } from './copy-image.ts';

/** What one format of disk images can do. All calls throw InnError, `fileError`'s codes among them. */
export interface ImageFormat {
  readonly id: MediumFormat;
  readonly canWrite: boolean;
  readonly canCreate: boolean;
  /**
   * Takes milliseconds, however large the image is. Nothing else may have it open for writing.
   * @throws InnError `IMAGE_INVALID` when it is damaged, or has a backing image and no `openBacking` was given;
   * `NOT_SUPPORTED` when the image uses what is not known here.
   */
  open(path: string, options: OpenOptions): Promise<BlockDevice>;
  /**
   * Makes an empty image that appears whole or not at all; never overwrites.
   * @throws InnError `INVALID_INPUT` (size), `NOT_SUPPORTED` (variant, backing), `FILE_EXISTS`, `DISK_FULL`
   */
  create(path: string, options: CreateOptions): Promise<void>;
  info(path: string): Promise<ImageInfo>;
  /** Reads all tables, and changes nothing. @throws InnError `IMAGE_INVALID` when there is too little to check. */
  check(path: string): Promise<CheckReport>;
  /** Puts right what `check` said it can, and checks again. Interrupted, it leaves the image as it was. */
  repair?(path: string): Promise<CheckReport>;
  /** @throws InnError `INVALID_INPUT` when it would shrink. */
  grow?(path: string, sizeBytes: number, options: Pick<OpenOptions, 'openBacking'>): Promise<void>;
  /** For variants that can only be written from their beginning to their end: makes the image and fills it. */
  writeWhole?(path: string, source: BlockDevice, options: WriteWholeOptions): Promise<void>;
}

export interface OpenOptions {
  isReadOnly: boolean;
  /**
   * Opens the image that this one builds on, read-only. What the image says about it is only handed on: a path in an
   * image is its author's idea of which file of the host to read, and is never followed here.
   */
  openBacking?: (reference: string, format: MediumFormat | null) => Promise<BlockDevice>;
}

export interface CreateOptions {
  sizeBytes: number;
  /** The new image builds on this one; `reference` is stored as it is given. */
  backing?: { reference: string; format: MediumFormat; sizeBytes: number };
  /** Absent: the format's usual one, which grows as it is written. */
  variant?: ImageVariant;
}

export type ImageVariant = 'dynamic' | 'fixed' | 'streamOptimized';

export interface WriteWholeOptions extends CopyOptions {
  variant: ImageVariant;
}

export interface ImageInfo {
  format: MediumFormat;
  /** Size that the guest sees. */
  virtualSizeBytes: number;
  variant: ImageVariant;
  /** What the image says it builds on; null when it stands alone. */
  backingReference: string | null;
  /** Null when it does not say, or says what is no format known here. */
  backingFormat: MediumFormat | null;
  /** Snapshots kept inside of the file, which a copy does not take along. */
  internalSnapshots: number;
  /** Bytes that are allocated together; null when there is no such unit. */
  clusterSizeBytes: number | null;
}

export interface CheckReport {
  /** No errors; leaked space is none. */
  isConsistent: boolean;
  /** One sentence each; when there are very many, the last one counts the rest. */
  errors: string[];
  /** Space of the file that nothing uses and that will not be used again. Costs space, never data. */
  leakedBytes: number;
  /** `repair` can remove all errors and leaks without losing what the guest had flushed. */
  canRepair: boolean;
}

/** @param why completes "cannot be used:", such as 'its table of clusters lies outside of the file'. */
export function damagedImage(path: string, why: string, hint: string = DAMAGED_HINT): InnError {
  return new InnError('IMAGE_INVALID', `'${path}' cannot be used: ${why}.`, { hint, details: { path } });
}

/** For an image that is sound, but uses what this program cannot. */
export function unsupportedImage(path: string, what: string, hint: string): InnError {
  return new InnError('NOT_SUPPORTED', `'${path}' cannot be used here: ${what}.`, { hint, details: { path } });
}

/**
 * Opens the image that `path` builds on, through the caller.
 * @throws InnError `IMAGE_INVALID` when the caller does not allow any.
 */
export async function openBackingOf(
  path: string,
  reference: string,
  format: MediumFormat | null,
  options: OpenOptions,
): Promise<BlockDevice> {
  if (options.openBacking) return options.openBacking(reference, format);
  throw damagedImage(
    path,
    `it builds on another image ('${reference}')`,
    'Convert it into an image that stands alone, or add it together with the image it builds on.',
  );
}

/** An error about a call rather than about an image. */
export function refusal(code: 'INVALID_INPUT' | 'NOT_SUPPORTED', message: string, hint: string): InnError {
  return new InnError(code, message, { hint });
}
