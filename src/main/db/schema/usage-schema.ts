/** One table per length of time: rows of a minute, an hour, a day, each the sum of those below it. */
export const USAGE_TABLES = { minute: 'usage_minute', hour: 'usage_hour', day: 'usage_day' } as const;

/** Columns that add up, in the units of `UsageQuantities`. */
export const SUM_COLUMNS = [
  'running_ms',
  'processor_us',
  'memory_promised_mib_s',
  'memory_used_mib_s',
  'storage_mib_s',
  'disk_read_bytes',
  'disk_write_bytes',
  'network_in_bytes',
  'network_out_bytes',
] as const;

/** Columns of which the largest counts: processors in use times a thousand, and bytes. */
export const PEAK_COLUMNS = ['peak_processor_milli', 'peak_memory_bytes', 'peak_guest_bytes'] as const;

const columns = [...SUM_COLUMNS, ...PEAK_COLUMNS].map((name) => `${name} INTEGER NOT NULL`).join(',\n    ');

const history = (table: string) => `
  CREATE TABLE ${table} (
    -- A machine, also one that is removed; 'host' for the host itself.
    subject_id TEXT NOT NULL,
    -- Where the row begins, in seconds since 1970; days are those of UTC.
    at INTEGER NOT NULL,
    -- The pool that the machine was in at the time; '' for none.
    pool_id TEXT NOT NULL,
    ${columns},
    PRIMARY KEY (subject_id, at, pool_id)
  ) STRICT, WITHOUT ROWID;
`;

/** What machines used, rolled up. */
export const USAGE_SCHEMA = `
  ${Object.values(USAGE_TABLES).map(history).join('')}
  -- How far each session (or a machine's folder: session '') has been charged: written with the rows it was charged to.
  CREATE TABLE usage_account (
    machine_id TEXT NOT NULL,
    session TEXT NOT NULL,
    account TEXT NOT NULL,
    PRIMARY KEY (machine_id, session)
  ) STRICT, WITHOUT ROWID;
  -- Last names of machines and pools: usage outlives them.
  CREATE TABLE usage_subject (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
`;
