/** Networks with their port forwards, and the addresses that their adapters were given. */
export const NETWORK_SCHEMA = `
  CREATE TABLE network (
    id TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    is_built_in INTEGER NOT NULL,
    settings TEXT NOT NULL
  ) STRICT;
  CREATE TABLE port_forward (
    id TEXT PRIMARY KEY,
    network_id TEXT NOT NULL REFERENCES network (id) ON DELETE CASCADE,
    machine_id TEXT NOT NULL REFERENCES machine (id) ON DELETE CASCADE,
    forward TEXT NOT NULL
  ) STRICT;
  CREATE INDEX port_forward_by_network ON port_forward (network_id);
  CREATE TABLE network_lease (
    network_id TEXT NOT NULL REFERENCES network (id) ON DELETE CASCADE,
    mac_address TEXT NOT NULL,
    address TEXT NOT NULL,
    host_name TEXT,
    expires_at_ms INTEGER NOT NULL,
    PRIMARY KEY (network_id, mac_address)
  ) STRICT, WITHOUT ROWID;
`;
