import BetterSqlite from 'better-sqlite3';
import { InnError } from '../../shared/errors.ts';
import type { MachineId } from '../../shared/model/machine.ts';
import type { MachineRecord } from '../machines/machine-record.ts';
import type { Database } from './database.ts';
import { type MachineRow, nameKey, readMachineRow, writeMachineFields } from './machine-row.ts';

export type MachinePatch = Partial<Omit<MachineRecord, 'id' | 'isDamaged'>>;

export interface MachineTable {
  /** All machines by position. A record that cannot be read is among them, with `isDamaged`. */
  list(): MachineRecord[];
  get(id: MachineId): MachineRecord | undefined;
  /** Names are compared without regard to case. */
  byName(name: string): MachineRecord | undefined;
  /** @throws InnError `NAME_IN_USE`, `MEDIUM_NOT_FOUND` when the configuration names an unknown medium. */
  insert(record: MachineRecord): void;
  /**
   * Changes the fields of the patch alone and returns the record after it.
   * @throws InnError `NAME_IN_USE`, `MACHINE_NOT_FOUND`, `MEDIUM_NOT_FOUND`
   */
  update(id: MachineId, patch: MachinePatch): MachineRecord;
  delete(id: MachineId): void;
}

/** The table of machines. The records it returns share their configurations: treat them as read only. */
export function createMachineTable(db: Database): MachineTable {
  const { sql } = db;
  const read = createReader();
  const selectAll = sql.prepare<[], MachineRow>('SELECT * FROM machine ORDER BY position, created_at, id');
  const selectById = sql.prepare<[string], MachineRow>('SELECT * FROM machine WHERE id = ?');
  const selectByKey = sql.prepare<[string], MachineRow>('SELECT * FROM machine WHERE name_key = ?');
  const deleteById = sql.prepare<[string]>('DELETE FROM machine WHERE id = ?');
  const attach = createAttach(sql);

  const get = (id: MachineId) => read(selectById.get(id));
  return {
    list: () => selectAll.all().flatMap((row) => read(row) ?? []),
    get,
    byName: (name) => read(selectByKey.get(nameKey(name))),
    insert: (record) =>
      db.transaction(() => {
        const { id, isDamaged: _, ...rest } = record;
        const fields = { id, ...writeMachineFields(rest) };
        const columns = Object.keys(fields);
        const marks = columns.map((column) => `@${column}`).join(', ');
        refusing(record.config.name, () =>
          sql.prepare(`INSERT INTO machine (${columns.join(', ')}) VALUES (${marks})`).run(fields),
        );
        attach(id, record.config);
      }),
    update: (id, patch) =>
      db.transaction(() => {
        const fields = writeMachineFields(patch);
        const assignments = Object.keys(fields).map((column) => `${column} = @${column}`);
        if (assignments.length > 0) {
          refusing(patch.config?.name ?? '', () =>
            sql.prepare(`UPDATE machine SET ${assignments.join(', ')} WHERE id = @id`).run({ ...fields, id }),
          );
        }
        if (patch.config) attach(id, patch.config);
        const after = get(id);
        if (!after) throw new InnError('MACHINE_NOT_FOUND', `There is no machine with the id '${id}'.`);
        return after;
      }),
    delete: (id) => {
      deleteById.run(id);
    },
  };
}

/** Reads rows, and parses a configuration again only when its text has changed: a list of 1000 is read often. */
function createReader(): (row: MachineRow | undefined) => MachineRecord | undefined {
  const known = new Map<string, { text: string; record: MachineRecord }>();
  return (row) => {
    if (!row) return undefined;
    const before = known.get(row.id);
    const record = readMachineRow(row, before?.text === row.config ? before.record : undefined);
    known.set(row.id, { text: row.config, record });
    return record;
  };
}

/** Writes down which media the configuration refers to, in place of what was written before. */
function createAttach(sql: BetterSqlite.Database) {
  const detachAll = sql.prepare<[string]>('DELETE FROM attachment WHERE machine_id = ?');
  const attachOne = sql.prepare<[string, string]>('INSERT INTO attachment (machine_id, medium_id) VALUES (?, ?)');
  return (id: MachineId, config: MachineRecord['config']) => {
    detachAll.run(id);
    for (const mediumId of attachedMedia(config)) {
      try {
        attachOne.run(id, mediumId);
      } catch (cause) {
        if (!isConstraint(cause, 'FOREIGNKEY')) throw cause;
        throw new InnError('MEDIUM_NOT_FOUND', `There is no medium with the id '${mediumId}'.`, {
          hint: 'Register its file first, or leave the drive empty.',
          details: { mediumId },
          cause,
        });
      }
    }
  };
}

function attachedMedia(config: MachineRecord['config']): Set<string> {
  const attachments = config.storage.flatMap((controller) => controller.attachments);
  return new Set(attachments.flatMap(({ mediumId }) => mediumId ?? []));
}

function refusing(name: string, write: () => unknown): void {
  try {
    write();
  } catch (cause) {
    if (isConstraint(cause, 'UNIQUE')) throw nameInUse(name, cause);
    throw cause;
  }
}

function isConstraint(thrown: unknown, kind: 'UNIQUE' | 'FOREIGNKEY'): boolean {
  return thrown instanceof BetterSqlite.SqliteError && thrown.code === `SQLITE_CONSTRAINT_${kind}`;
}

/** The refusal of a name that another machine has. */
export function nameInUse(name: string, cause?: unknown): InnError {
  return new InnError('NAME_IN_USE', `There is a machine named '${name}' already.`, {
    hint: 'Choose another name; upper and lower case count as the same.',
    details: { name },
    cause,
  });
}
