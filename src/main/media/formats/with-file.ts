import { fileError } from '../../file-error.ts';
import type { BlockDevice } from './block-device.ts';
import { HostFile } from './host-file.ts';

/** Opens the file and makes a device of it, which then owns the file. @throws InnError as `fileError`, and what `make` throws. */
export async function openDevice(
  path: string,
  options: { isReadOnly: boolean },
  make: (file: HostFile) => Promise<BlockDevice>,
): Promise<BlockDevice> {
  try {
    const file = await HostFile.open(path, options);
    try {
      return await make(file);
    } catch (error) {
      await file.close();
      throw error;
    }
  } catch (cause) {
    throw fileError(path, cause);
  }
}

/** Opens the file while `work` lasts. @throws InnError as `fileError`, and what `work` throws. */
export async function withFile<T>(
  path: string,
  options: { isReadOnly: boolean },
  work: (file: HostFile) => Promise<T>,
): Promise<T> {
  try {
    const file = await HostFile.open(path, options);
    try {
      return await work(file);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw fileError(path, cause);
  }
}
