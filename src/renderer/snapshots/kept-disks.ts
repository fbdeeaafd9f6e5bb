import type { MachineConfig } from '../../shared/model/machine.ts';
import type { Medium, MediumId } from '../../shared/model/medium.ts';

export interface KeptDisk {
  medium: MediumId;
  name: string;
  /** Bytes that its own layer takes on the host; what lies beneath it is not counted. */
  sizeBytes: number;
}

/** The hard disks of a configuration, with what each takes on the host. */
export function keptDisks(config: MachineConfig, media: ReadonlyMap<MediumId, Medium>): KeptDisk[] {
  const drives = config.storage.flatMap(({ attachments }) => attachments);
  return drives.flatMap(({ kind, mediumId }) => {
    if (kind !== 'disk' || mediumId === null) return [];
    const medium = media.get(mediumId);
    return [{ medium: mediumId, name: medium?.name ?? 'Unknown disk', sizeBytes: medium?.actualSizeBytes ?? 0 }];
  });
}

/** Bytes that a disk takes with all that it builds on: what a full copy of it has to read, at most. */
export function chainSizeBytes(id: MediumId, media: ReadonlyMap<MediumId, Medium>): number {
  let total = 0;
  const seen = new Set<MediumId>();
  for (let at: MediumId | null = id; at !== null && !seen.has(at); ) {
    seen.add(at);
    const medium: Medium | undefined = media.get(at);
    total += medium?.actualSizeBytes ?? 0;
    at = medium?.parentId ?? null;
  }
  return total;
}
