import { InnError } from '../../shared/errors.ts';
import { MachineId } from '../../shared/model/machine.ts';
import type { MachineTable } from '../db/machine-table.ts';
import type { MachineRecord } from './machine-record.ts';
import { didYouMean } from './near-names.ts';

/** The machine with this id or name. @throws InnError `MACHINE_NOT_FOUND`, with names that are near in the hint. */
export function findMachine(table: Pick<MachineTable, 'get' | 'byName' | 'list'>, ref: string): MachineRecord {
  const id = MachineId.safeParse(ref);
  const found = (id.success ? table.get(id.data) : undefined) ?? table.byName(ref);
  if (found) return found;
  const names = table.list().map(({ config }) => config.name);
  throw new InnError('MACHINE_NOT_FOUND', `There is no machine named '${ref}'.`, {
    hint:
      didYouMean(ref, names) ??
      (names.length === 0 ? 'Create a machine first.' : 'List the machines to see their names.'),
    details: { machine: ref },
  });
}
