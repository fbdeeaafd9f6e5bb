import type { StartSpec } from '../../start-spec.ts';
import { driveId } from '../drive-id.ts';

export interface BootIndexes {
  /** By id of the drive. */
  drives: Map<string, number>;
  /** By index of the adapter. */
  network: Map<number, number>;
}

/**
 * The place of each device in the boot order, 1 for the first: devices of one kind follow each other as they are
 * attached. What is not in the boot order has none. A kernel that is started directly comes before all of them.
 */
export function bootIndexes({
  config,
  drives,
  adapters,
}: Pick<StartSpec, 'config' | 'drives' | 'adapters'>): BootIndexes {
  const indexes: BootIndexes = { drives: new Map(), network: new Map() };
  let next = 1;
  for (const device of config.bootOrder) {
    if (device === 'network') for (const { index } of adapters) indexes.network.set(index, next++);
    else for (const drive of drives) if (drive.kind === device) indexes.drives.set(driveId(drive), next++);
  }
  return indexes;
}
