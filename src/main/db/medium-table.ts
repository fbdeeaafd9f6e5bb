import type { MachineId } from '../../shared/model/machine.ts';
import type { MediumId } from '../../shared/model/medium.ts';
import type { MediumRecord } from '../media/medium-record.ts';

export interface MediumTable {
  /** All media by time of creation. */
  list(): MediumRecord[];
  get(id: MediumId): MediumRecord | undefined;
  byLocation(location: string): MediumRecord | undefined;
  insert(record: MediumRecord): void;
  delete(id: MediumId): void;
  /** The machines that have it attached, by position. */
  attachedTo(id: MediumId): { id: MachineId; name: string }[];
}
