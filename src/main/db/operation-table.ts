import type { MachineId } from '../../shared/model/machine.ts';
import { Operation } from '../machines/snapshots/operation-record.ts';
import type { Database } from './database.ts';
import { parseStored } from './machine-row.ts';

/** The journal: what is under way on a machine that takes several steps. */
export interface OperationTable {
  get(id: MachineId): Operation | undefined;
  /** In place of what was written for the machine before. */
  put(id: MachineId, operation: Operation): void;
  delete(id: MachineId): void;
}

export function createOperationTable(db: Database): OperationTable {
  const { sql } = db;
  const selectOne = sql.prepare<[string], { steps: string }>('SELECT steps FROM operation WHERE machine_id = ?');
  const putOne = sql.prepare<[string, string]>('INSERT OR REPLACE INTO operation (machine_id, steps) VALUES (?, ?)');
  const deleteOne = sql.prepare<[string]>('DELETE FROM operation WHERE machine_id = ?');
  return {
    get: (id) => parseStored(Operation, selectOne.get(id)?.steps ?? null),
    put: (id, operation) => {
      putOne.run(id, JSON.stringify(operation));
    },
    delete: (id) => {
      deleteOne.run(id);
    },
  };
}
