/**
 * A disk image as bytes, whatever its format. Offsets and sizes are in bytes; any alignment is allowed. Calls may overlap
 * in time: who needs an order keeps it.
 *
 * Calls fail with the system's error (`ENOSPC`, `EIO`), or with InnError `IMAGE_INVALID` where the image is damaged.
 */
export interface BlockDevice {
  /** Size that the guest sees. Does not change while the device is open. */
  readonly sizeBytes: number;
  readonly isReadOnly: boolean;
  /** The image that it builds on; closed together with it. */
  readonly backing?: BlockDevice | undefined;
  /** Fills all of `target`. @throws an image that has become too short is `EIO`. */
  read(offset: number, target: Uint8Array): Promise<void>;
  /** Writes all of `data`, which must not change until it is done. @throws `ENOSPC`; `EROFS` on a read-only device. */
  write(offset: number, data: Uint8Array): Promise<void>;
  /** A hint that nobody needs this content any more. It then reads as zeros where the format can free it, else as before. */
  discard(offset: number, lengthBytes: number): Promise<void>;
  /** What lies at the offset, and how far at least the same lies. Formats without a map answer `data`. */
  extentAt(offset: number, lengthBytes: number): Promise<Extent>;
  /** Resolves when everything written before has reached the disk of the host (fdatasync(2)). */
  flush(): Promise<void>;
  /** Finishes what is under way. What was not flushed may still get lost with the host's power. */
  close(): Promise<void>;
}

export interface Extent {
  /**
   * `data`: bytes of this image. `zero`: reads as zeros by this image's word, or for lack of anything. `absent`: the
   * backing image shines through.
   */
  kind: 'data' | 'zero' | 'absent';
  /** More than zero, and not more than was asked about. */
  lengthBytes: number;
}

/** An error as the system would have given it, for conditions that only a format can see. */
export function ioError(code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code });
}

/** @throws `EINVAL` when the range is not within the device: a defect of the caller. */
export function assertInside(device: Pick<BlockDevice, 'sizeBytes'>, offset: number, lengthBytes: number): void {
  if (Number.isSafeInteger(offset) && offset >= 0 && lengthBytes >= 0 && offset + lengthBytes <= device.sizeBytes)
    return;
  throw ioError('EINVAL', `${lengthBytes} bytes at ${offset} are not within the disk's ${device.sizeBytes} bytes.`);
}
