import type BetterSqlite from 'better-sqlite3';
import type { UsageQuantities } from '../../shared/model/usage-quantities.ts';
import { SessionAccount, StorageAccount } from '../usage/account-record.ts';
import { KEPT_MS, TIER_MS, type UsagePeaks, type UsageRow, type UsageTier } from '../usage/usage-record.ts';
import type { Database } from './database.ts';
import { parseStored } from './machine-row.ts';
import { USAGE_TABLES } from './schema/usage-schema.ts';
import { AGGREGATES, COLUMN_NAMES, fromColumns, MERGE, toColumns, type UsageColumns } from './usage-columns.ts';

export type SubjectKind = 'machine' | 'pool';

export interface UsageSubject {
  id: string;
  kind: SubjectKind;
  name: string;
}

/** What was used in a span of time, by whom, in which pool. */
export interface UsageTotal {
  subjectId: string;
  poolId: string;
  usage: UsageQuantities;
  peaks: UsagePeaks;
}

export interface UsageBucket {
  startMs: number;
  usage: UsageQuantities;
  peaks: UsagePeaks;
}

/** What is read: one machine (or the host), one or more pools, or all machines. */
export type UsageScope = { subjectId: string } | { poolIds: readonly string[] } | 'machines';

/** What is written together, so that nothing is charged twice or lost. */
export interface UsageBatch {
  /** Minutes; hours for what is older than minutes are kept. */
  minutes: UsageRow[];
  hours: UsageRow[];
  sessions: SessionAccount[];
  storage: StorageAccount[];
  /** Sessions that have ended and are charged to their end. */
  endedSessions: Pick<SessionAccount, 'machineId' | 'session'>[];
  /** Machines that are gone. */
  goneStorage: StorageAccount['machineId'][];
  subjects: UsageSubject[];
}

export interface UsageTable {
  write(batch: UsageBatch): void;
  sessions(): SessionAccount[];
  storage(): StorageAccount[];
  subjects(): UsageSubject[];
  /** Totals by machine and pool of the rows that begin in `[fromMs, toMs)`. */
  totals(tier: UsageTier, scope: UsageScope, fromMs: number, toMs: number): UsageTotal[];
  /** Rows added up in buckets of `bucketMs` (a multiple of the tier's), oldest first; empty ones are left out. */
  buckets(tier: UsageTier, scope: UsageScope, fromMs: number, toMs: number, bucketMs: number): UsageBucket[];
  /** The rows of one machine themselves, oldest first. */
  rows(tier: UsageTier, subjectId: string, fromMs: number, toMs: number): UsageBucket[];
  /** Forgets what is older than it is kept. */
  prune(nowMs: number): void;
}

/** History and books of the meter. Every row of an hour is the sum of its minutes, every day that of its hours. */
export function createUsageTable(db: Database): UsageTable {
  return { ...createReaders(db.sql), ...createQueries(db.sql), ...createWriter(db) };
}

function createReaders(sql: BetterSqlite.Database) {
  const select = (where: string) => sql.prepare<[], { account: string }>(`SELECT account FROM usage_account ${where}`);
  const sessions = select("WHERE session <> ''");
  const storage = select("WHERE session = ''");
  const subjects = sql.prepare<[], UsageSubject>('SELECT id, kind, name FROM usage_subject');
  return {
    sessions: () => sessions.all().flatMap(({ account }) => parseStored(SessionAccount, account) ?? []),
    storage: () => storage.all().flatMap(({ account }) => parseStored(StorageAccount, account) ?? []),
    subjects: () => subjects.all(),
  };
}

function createWriter(db: Database): Pick<UsageTable, 'write' | 'prune'> {
  const { sql } = db;
  const upsert = (tier: UsageTier) =>
    sql.prepare(
      `INSERT INTO ${USAGE_TABLES[tier]} (subject_id, at, pool_id, ${COLUMN_NAMES.join(', ')})
       VALUES (@subjectId, @at, @poolId, ${COLUMN_NAMES.map((name) => `@${name}`).join(', ')})
       ON CONFLICT DO UPDATE SET ${MERGE}`,
    );
  const upserts = { minute: upsert('minute'), hour: upsert('hour'), day: upsert('day') };
  const put = (tier: UsageTier, { subjectId, poolId, startMs, usage, peaks }: UsageRow) => {
    const at = (Math.floor(startMs / TIER_MS[tier]) * TIER_MS[tier]) / 1000;
    upserts[tier].run({ subjectId, poolId, at, ...toColumns(usage, peaks) });
  };
  const putAccount = sql.prepare<[string, string, string]>('INSERT OR REPLACE INTO usage_account VALUES (?, ?, ?)');
  const deleteAccount = sql.prepare<[string, string]>('DELETE FROM usage_account WHERE machine_id = ? AND session = ?');
  const putSubject = sql.prepare<UsageSubject>('INSERT OR REPLACE INTO usage_subject VALUES (@id, @kind, @name)');
  const prunes = (['minute', 'hour'] as const).map((tier) => ({
    tier,
    statement: sql.prepare<[number]>(`DELETE FROM ${USAGE_TABLES[tier]} WHERE at < ?`),
  }));

  return {
    write: ({ minutes, hours, sessions, storage, endedSessions, goneStorage, subjects }) =>
      db.transaction(() => {
        for (const row of minutes) for (const tier of ['minute', 'hour', 'day'] as const) put(tier, row);
        for (const row of hours) for (const tier of ['hour', 'day'] as const) put(tier, row);
        for (const account of sessions) putAccount.run(account.machineId, account.session, JSON.stringify(account));
        for (const account of storage) putAccount.run(account.machineId, '', JSON.stringify(account));
        for (const { machineId, session } of endedSessions) deleteAccount.run(machineId, session);
        for (const machineId of goneStorage) deleteAccount.run(machineId, '');
        for (const subject of subjects) putSubject.run(subject);
      }),
    prune: (nowMs) =>
      db.transaction(() => {
        for (const { tier, statement } of prunes) statement.run(Math.floor((nowMs - KEPT_MS[tier]) / 1000));
      }),
  };
}

type Row = UsageColumns & { at: number };
type TotalRow = UsageColumns & { subject_id: string; pool_id: string };

function createQueries(sql: BetterSqlite.Database): Pick<UsageTable, 'totals' | 'buckets' | 'rows'> {
  const prepared = new Map<string, BetterSqlite.Statement>();
  const prepare = (text: string) => {
    const statement = prepared.get(text) ?? sql.prepare(text);
    prepared.set(text, statement);
    return statement;
  };
  const span = (fromMs: number, toMs: number) => ({ from: Math.ceil(fromMs / 1000), to: Math.ceil(toMs / 1000) });
  const toBucket = (row: Row) => ({ startMs: row.at * 1000, ...fromColumns(row) });

  return {
    totals(tier, scope, fromMs, toMs) {
      const { where, values } = conditionOf(scope);
      const statement = prepare(
        `SELECT subject_id, pool_id, ${AGGREGATES} FROM ${USAGE_TABLES[tier]}
         WHERE ${where} AND at >= @from AND at < @to GROUP BY subject_id, pool_id`,
      );
      const rows = statement.all({ ...values, ...span(fromMs, toMs) }) as TotalRow[];
      return rows.map((row) => ({ subjectId: row.subject_id, poolId: row.pool_id, ...fromColumns(row) }));
    },
    buckets(tier, scope, fromMs, toMs, bucketMs) {
      const { where, values } = conditionOf(scope);
      const statement = prepare(
        `SELECT at / @size * @size AS at, ${AGGREGATES} FROM ${USAGE_TABLES[tier]}
         WHERE ${where} AND at >= @from AND at < @to GROUP BY 1 ORDER BY 1`,
      );
      const size = BigInt(Math.round(bucketMs / 1000)); // an integer for SQLite, so that the division is one, too
      return (statement.all({ ...values, ...span(fromMs, toMs), size }) as Row[]).map(toBucket);
    },
    rows(tier, subjectId, fromMs, toMs) {
      const statement = prepare(
        `SELECT at, ${AGGREGATES} FROM ${USAGE_TABLES[tier]}
         WHERE subject_id = @id AND at >= @from AND at < @to GROUP BY at ORDER BY at`,
      );
      return (statement.all({ id: subjectId, ...span(fromMs, toMs) }) as Row[]).map(toBucket);
    },
  };
}

/** The known machines by name: each is then found by the primary key, and their rows of other times are not read. */
const ALL_MACHINES = "subject_id IN (SELECT id FROM usage_subject WHERE kind = 'machine')";

function conditionOf(scope: UsageScope): { where: string; values: Record<string, string> } {
  if (scope === 'machines') return { where: ALL_MACHINES, values: {} };
  if ('subjectId' in scope) return { where: 'subject_id = @subjectId', values: { subjectId: scope.subjectId } };
  const names = scope.poolIds.map((_, index) => `@pool${index}`);
  const values = Object.fromEntries(scope.poolIds.map((id, index) => [`pool${index}`, id]));
  return { where: `${ALL_MACHINES} AND pool_id IN (${names.join(', ')})`, values };
}
