import * as z from 'zod';

/** What the computer is, and what it can still give; limits of a surrounding container are respected. */
export const HostInfo = z.object({
  hostname: z.string(),
  platform: z.string(),
  osName: z.string(),
  architecture: z.string(),
  processorModel: z.string(),
  /** Processors that this program may use, as a number that can have a fraction (a container's quota). */
  processors: z.number().positive(),
  memoryTotalBytes: z.int().nonnegative(),
  /** Memory that new programs could get without swapping (Linux: MemAvailable, proc(5)). */
  memoryAvailableBytes: z.int().nonnegative(),
  dataFolder: z.string(),
  storageTotalBytes: z.int().nonnegative(),
  storageFreeBytes: z.int().nonnegative(),
});
export type HostInfo = z.infer<typeof HostInfo>;

export const CoreInfo = z.object({
  version: z.string(),
  pid: z.int(),
  startedAt: z.iso.datetime(),
  dataFolder: z.string(),
  /** Where the window and the API are served, or null when the core has no server. */
  url: z.string().nullable(),
});
export type CoreInfo = z.infer<typeof CoreInfo>;

/** One entry of a folder on the host, for the file dialog of the browser window. */
export const FolderEntry = z.object({
  name: z.string(),
  path: z.string(),
  isFolder: z.boolean(),
  sizeBytes: z.int().nonnegative().nullable(),
});
export type FolderEntry = z.infer<typeof FolderEntry>;

export const FolderListing = z.object({
  path: z.string(),
  parent: z.string().nullable(),
  entries: z.array(FolderEntry),
});
export type FolderListing = z.infer<typeof FolderListing>;
