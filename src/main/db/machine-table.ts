import type { MachineId } from '../../shared/model/machine.ts';
import type { MachineRecord } from '../machines/machine-record.ts';

export interface MachineTable {
  /** All machines by position. A record that cannot be read is among them, with `isDamaged`. */
  list(): MachineRecord[];
  get(id: MachineId): MachineRecord | undefined;
  /** Names are compared without regard to case. */
  byName(name: string): MachineRecord | undefined;
  /** @throws InnError `NAME_IN_USE` */
  insert(record: MachineRecord): void;
  /** Changes the fields of the patch alone and returns the record after it. @throws InnError `NAME_IN_USE`, `MACHINE_NOT_FOUND` */
  update(id: MachineId, patch: Partial<Omit<MachineRecord, 'id' | 'isDamaged'>>): MachineRecord;
  delete(id: MachineId): void;
}
