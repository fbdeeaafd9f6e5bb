import { describeState, isRest, type MachineState, type StateReason } from '../../shared/machine-state.ts';
import type { MachineId } from '../../shared/model/machine.ts';
import type { MachineTable } from '../db/machine-table.ts';
import type { Commit } from '../db/unit-of-work.ts';
import type { Log } from '../log.ts';
import type { MachineRecord } from './machine-record.ts';
import type { MachineView } from './machine-view.ts';

/** A new state, with what changes along with it. What is absent stays as it is. */
export interface StateChange {
  state: MachineState;
  reason: StateReason;
  /** One sentence more than the reason. */
  detail?: string | null;
  runtime?: MachineRecord['runtime'];
  savedStateFile?: string | null;
  isDisposable?: boolean;
}

export interface StateWriter {
  /** Writes the state and tells everyone, in one transaction. A machine at rest has no run. */
  write(id: MachineId, change: StateChange): MachineRecord;
  /** Writes fields that are no part of the state. */
  patch(
    id: MachineId,
    patch: Partial<Pick<MachineRecord, 'runtime' | 'warmStart' | 'savedStateFile' | 'boardFolder'>>,
  ): MachineRecord;
}

interface StateWriterDeps {
  table: MachineTable;
  commit: Commit;
  view: MachineView;
  log: Pick<Log, 'info'>;
  now: () => Date;
}

/** The only place that writes the state of a machine. */
export function createStateWriter({ table, commit, view, log, now }: StateWriterDeps): StateWriter {
  const save = (id: MachineId, patch: Parameters<MachineTable['update']>[1]) =>
    commit((publish) => {
      const record = table.update(id, patch);
      publish({ kind: 'machineChanged', machine: view(record) });
      return record;
    });

  return {
    write(id, { state, reason, detail = null, ...rest }) {
      const cleared = isRest(state) ? { runtime: null, isDisposable: false } : {};
      const since = table.get(id)?.state === state ? {} : { stateSince: now().toISOString() };
      const record = save(id, { state, reason, reasonDetail: detail, ...since, ...rest, ...cleared });
      log.info({ machine: id, state, reason, detail }, `'${record.config.name}' is ${describeState(state, reason)}`);
      return record;
    },
    patch: save,
  };
}
