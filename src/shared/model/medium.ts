import * as z from 'zod';

export const MediumId = z.uuid().brand<'MediumId'>();
export type MediumId = z.infer<typeof MediumId>;

export const MediumKind = z.enum(['disk', 'optical', 'floppy']);
export type MediumKind = z.infer<typeof MediumKind>;

export const MediumFormat = z.enum(['raw', 'qcow2', 'vdi', 'vhd', 'vmdk', 'vhdx']);
export type MediumFormat = z.infer<typeof MediumFormat>;

/** A file that holds a hard disk, an optical disc or a floppy. */
export const Medium = z.object({
  id: MediumId,
  kind: MediumKind,
  name: z.string(),
  /** Absolute path on the host. */
  location: z.string(),
  format: MediumFormat,
  /** Size that the guest sees, in bytes. */
  virtualSizeBytes: z.int().nonnegative(),
  /** Bytes that the file takes on the host's disk; null when the file cannot be reached. */
  actualSizeBytes: z.int().nonnegative().nullable(),
  /** Why the file cannot be used, or null when it can. */
  inaccessibleBecause: z.string().nullable(),
  /** Names of the machines that have it attached. */
  attachedTo: z.array(z.string()),
  /** True when the file was made by the program, inside a machine's folder, and may be deleted with it. */
  isOwned: z.boolean(),
  createdAt: z.iso.datetime(),
});
export type Medium = z.infer<typeof Medium>;
