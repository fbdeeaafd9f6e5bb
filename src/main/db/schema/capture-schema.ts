/** Captures of networks: those that run, so that their end is noticed, and those that ended by themselves. */
export const CAPTURE_SCHEMA = `
  CREATE TABLE network_capture (
    id TEXT PRIMARY KEY,
    network_id TEXT NOT NULL REFERENCES network (id) ON DELETE CASCADE,
    capture TEXT NOT NULL
  ) STRICT;
  CREATE INDEX network_capture_by_network ON network_capture (network_id);
`;
