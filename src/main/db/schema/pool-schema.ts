/** Resource pools, and settings of the whole program as JSON documents under their names. */
export const POOL_SCHEMA = `
  CREATE TABLE pool (
    id TEXT PRIMARY KEY,
    parent_id TEXT REFERENCES pool (id) DEFERRABLE INITIALLY DEFERRED,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    config TEXT NOT NULL
  ) STRICT;
  CREATE TABLE setting (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
`;
