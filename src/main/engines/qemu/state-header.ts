import type { FileHandle } from 'node:fs/promises';
import * as z from 'zod';
import { InnError } from '../../../shared/errors.ts';
import { Places } from './places.ts';

/**
 * What a saved state says of the QEMU that made it, before the compressed stream of QEMU's own format. A state fits
 * the same machine type and accelerator only, whatever QEMU would choose today.
 */
export const StateHeader = z.object({
  format: z.literal(1),
  /** Such as `7.2.22`; for people. */
  qemuVersion: z.string(),
  machineType: z.string().regex(/^[a-z0-9.-]+$/),
  accelerator: z.enum(['kvm', 'hvf', 'whpx', 'tcg']),
  /** Where devices sat, when some came or went while the machine ran. */
  places: Places.optional(),
});
export type StateHeader = z.infer<typeof StateHeader>;

const MAGIC = 'INNKEEPER QEMU STATE ';
const MAX_HEADER_BYTES = 16 * 1024;

/** One line: the magic word, then the header as JSON. */
export function writeHeader(header: StateHeader): Buffer {
  return Buffer.from(`${MAGIC}${JSON.stringify(header)}\n`);
}

/**
 * Reads the header of an open file; `lengthBytes` is where QEMU's stream begins.
 * @throws InnError `ENGINE_FAILED` when the file is no saved state of QEMU
 */
export async function readHeader(
  file: FileHandle,
  name: string,
): Promise<{ header: StateHeader; lengthBytes: number }> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_HEADER_BYTES), 0, MAX_HEADER_BYTES, 0);
  const end = buffer.subarray(0, bytesRead).indexOf('\n');
  const line = buffer.toString('utf8', 0, Math.max(0, end));
  const header = line.startsWith(MAGIC) ? parse(line.slice(MAGIC.length)) : undefined;
  if (header !== undefined) return { header, lengthBytes: end + 1 };
  throw new InnError('ENGINE_FAILED', `The saved state '${name}' is damaged, or was not made by QEMU.`, {
    hint: 'Discard the saved state; the machine then starts as after a power cut.',
    details: { path: name },
  });
}

function parse(json: string): StateHeader | undefined {
  try {
    return StateHeader.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined; // not even JSON
  }
}
