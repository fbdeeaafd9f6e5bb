import * as z from 'zod';

export const MediumId = z.uuid().brand<'MediumId'>();
export type MediumId = z.infer<typeof MediumId>;

export const MediumKind = z.enum(['disk', 'optical', 'floppy']);
export type MediumKind = z.infer<typeof MediumKind>;

export const MediumFormat = z.enum(['raw', 'qcow2', 'vdi', 'vhd', 'vmdk', 'vhdx']);
export type MediumFormat = z.infer<typeof MediumFormat>;

/** How an image takes space: as it is written, at once, or compressed and never written again. */
export const ImageVariant = z.enum(['dynamic', 'fixed', 'streamOptimized']);
export type ImageVariant = z.infer<typeof ImageVariant>;

/** No control characters, no slashes; not blank. */
export const MediumName = z
  .string()
  .trim()
  .min(1, 'A medium needs a name.')
  .max(200, 'A name has at most 200 characters.')
  .refine((name) => !/[\p{Cc}/\\]/u.test(name), 'A name has no slashes and no control characters.');

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
  /** The medium that this one builds on: it holds only what differs. Null when it stands alone. */
  parentId: MediumId.nullable(),
  /** Names of the machines that have it attached. */
  attachedTo: z.array(z.string()),
  /** The snapshots that keep it, such as `before the update (web)`. */
  inSnapshots: z.array(z.string()),
  /** True when the file was made by the program, inside a machine's folder, and may be deleted with it. */
  isOwned: z.boolean(),
  /** A note for people. */
  description: z.string().default(''),
  createdAt: z.iso.datetime(),
});
export type Medium = z.infer<typeof Medium>;

/** A medium with what its image says; read anew each time. Null where the file cannot be read. */
export const MediumDetails = z.object({
  medium: Medium,
  variant: ImageVariant.nullable(),
  /** Bytes that are allocated together; null when there is no such unit. */
  clusterSizeBytes: z.int().positive().nullable(),
  /** Snapshots kept inside of the file, which a copy does not take along. */
  internalSnapshots: z.int().nonnegative().nullable(),
  /** The medium itself first, then what it builds on, down to its base. */
  chain: z.array(z.object({ id: MediumId, name: z.string(), location: z.string() })),
});
export type MediumDetails = z.infer<typeof MediumDetails>;

/** What a check of an image found. */
export const CheckReport = z.object({
  /** No errors; leaked space is none. */
  isConsistent: z.boolean(),
  /** One sentence each. */
  errors: z.array(z.string()),
  /** Space of the file that nothing uses: costs space, never data. */
  leakedBytes: z.int().nonnegative(),
  /** A repair can remove errors and leaks without losing data. */
  canRepair: z.boolean(),
});
export type CheckReport = z.infer<typeof CheckReport>;

/** Names of the formats, as the field writes them. */
export const FORMAT_LABELS: Record<MediumFormat, string> = {
  raw: 'Raw',
  qcow2: 'QCOW2',
  vdi: 'VDI',
  vhd: 'VHD',
  vmdk: 'VMDK',
  vhdx: 'VHDX',
};

/** Formats whose disks can be enlarged where they are; others are copied into one of these. */
export const GROWABLE_FORMATS: readonly MediumFormat[] = ['raw', 'qcow2'];
