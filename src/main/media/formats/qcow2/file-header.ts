import type { HostFile } from '../host-file.ts';
import { MAX_HEADER_BYTES, parseHeader, type Qcow2Header } from './header.ts';

/** Reads and checks the header of the file. @throws InnError as `parseHeader`; the system's error. */
export async function readHeader(file: HostFile): Promise<Qcow2Header> {
  const head = Buffer.alloc(Math.min(MAX_HEADER_BYTES, file.sizeBytes));
  await file.read(0, head);
  return parseHeader(file.path, head, file.sizeBytes);
}
