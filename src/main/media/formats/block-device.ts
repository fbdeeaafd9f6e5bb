/**
 * A disk image as bytes, whatever its format. Offsets and sizes are in bytes; any alignment is allowed. Calls may overlap
 * in time: who needs an order keeps it.
 */
export interface BlockDevice {
  /** Size that the guest sees. Does not change while the device is open. */
  readonly sizeBytes: number;
  readonly isReadOnly: boolean;
  /** Fills all of `target`. @throws the system's error; an image that has become too short is `EIO`. */
  read(offset: number, target: Uint8Array): Promise<void>;
  /** Writes all of `data`. @throws the system's error, such as `ENOSPC`; `EROFS` on a read-only device. */
  write(offset: number, data: Uint8Array): Promise<void>;
  /** Resolves when everything written has reached the disk of the host (fdatasync(2)). */
  flush(): Promise<void>;
  /** Does not flush. */
  close(): Promise<void>;
}

/** An error as the system would have given it, for conditions that only a format can see. */
export function ioError(code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code });
}
