import BetterSqlite from 'better-sqlite3';
import { InnError } from '../../shared/errors.ts';
import type { NetworkId } from '../../shared/model/network.ts';
import { type Network, NetworkSettings, PortForward, type PortForwardId } from '../../shared/model/virtual-network.ts';
import type { Database } from './database.ts';
import { nameKey, parseStored } from './machine-row.ts';

/** An address that a network gave to an adapter; one that is over is kept, so that the adapter gets it again. */
export interface StoredLease {
  macAddress: string;
  address: string;
  hostName: string | null;
  expiresAtMs: number;
}

export interface NetworkTable {
  /** All networks by position, each with its forwards. One that cannot be read is left out. */
  list(): Network[];
  get(id: NetworkId): Network | undefined;
  /** Names are compared without regard to case. */
  byName(name: string): Network | undefined;
  /** Behind all others; its forwards are left out. @throws InnError `NAME_IN_USE` */
  insert(network: Network): void;
  /** Writes its settings; its forwards are left out. @throws InnError `NAME_IN_USE` */
  update(network: Network): void;
  /** With its forwards and leases. */
  delete(id: NetworkId): void;
  putForward(network: NetworkId, forward: PortForward): void;
  deleteForward(id: PortForwardId): void;
  leases(network: NetworkId): StoredLease[];
  putLease(network: NetworkId, lease: StoredLease): void;
}

/** Networks were stored before they could have an uplink. */
const StoredSettings = NetworkSettings.extend({ uplink: NetworkSettings.shape.uplink.default(null) });

interface NetworkRow {
  id: NetworkId;
  name_key: string;
  is_built_in: 0 | 1;
  settings: string;
}

interface LeaseRow {
  mac_address: string;
  address: string;
  host_name: string | null;
  expires_at_ms: number;
}

/** The tables of networks, port forwards and leases. */
export function createNetworkTable(db: Database): NetworkTable {
  const { sql } = db;
  const selectAll = sql.prepare<[], NetworkRow>('SELECT * FROM network ORDER BY position');
  const selectById = sql.prepare<[string], NetworkRow>('SELECT * FROM network WHERE id = ?');
  const selectByKey = sql.prepare<[string], NetworkRow>('SELECT * FROM network WHERE name_key = ?');
  const insertOne = sql.prepare<[NetworkRow]>(
    `INSERT INTO network (id, position, name_key, is_built_in, settings)
     VALUES (@id, (SELECT coalesce(max(position) + 1, 0) FROM network), @name_key, @is_built_in, @settings)`,
  );
  const updateOne = sql.prepare<[NetworkRow]>(
    'UPDATE network SET name_key = @name_key, settings = @settings WHERE id = @id',
  );
  const deleteOne = sql.prepare<[string]>('DELETE FROM network WHERE id = ?');
  const forwards = forwardStatements(db);
  const leases = leaseStatements(db);

  const read = (row: NetworkRow | undefined) => row && toNetwork(row, forwards.of(row.id));
  return {
    list: () => selectAll.all().flatMap((row) => read(row) ?? []),
    get: (id) => read(selectById.get(id)),
    byName: (name) => read(selectByKey.get(nameKey(name))),
    insert: (network) => refusing(network.name, () => insertOne.run(toRow(network))),
    update: (network) => refusing(network.name, () => updateOne.run(toRow(network))),
    delete: (id) => {
      deleteOne.run(id);
    },
    putForward: forwards.put,
    deleteForward: forwards.delete,
    leases: leases.of,
    putLease: leases.put,
  };
}

function forwardStatements({ sql }: Database) {
  const select = sql.prepare<[string], { forward: string }>(
    'SELECT forward FROM port_forward WHERE network_id = ? ORDER BY rowid',
  );
  const put = sql.prepare<[{ id: string; network: string; machine: string; forward: string }]>(
    `INSERT INTO port_forward (id, network_id, machine_id, forward) VALUES (@id, @network, @machine, @forward)
     ON CONFLICT (id) DO UPDATE SET network_id = excluded.network_id, forward = excluded.forward`,
  );
  const deleteOne = sql.prepare<[string]>('DELETE FROM port_forward WHERE id = ?');
  return {
    of: (network: NetworkId) => select.all(network).flatMap(({ forward }) => parseStored(PortForward, forward) ?? []),
    put: (network: NetworkId, forward: PortForward): void => {
      const { id, machineId: machine } = forward;
      put.run({ id, network, machine, forward: JSON.stringify(forward) });
    },
    delete: (id: PortForwardId): void => {
      deleteOne.run(id);
    },
  };
}

function leaseStatements({ sql }: Database) {
  const select = sql.prepare<[string], LeaseRow>('SELECT * FROM network_lease WHERE network_id = ?');
  const put = sql.prepare<[LeaseRow & { network_id: string }]>(
    `INSERT INTO network_lease (network_id, mac_address, address, host_name, expires_at_ms)
       VALUES (@network_id, @mac_address, @address, @host_name, @expires_at_ms)
     ON CONFLICT (network_id, mac_address) DO UPDATE SET address = excluded.address,
       host_name = excluded.host_name, expires_at_ms = excluded.expires_at_ms`,
  );
  return {
    of: (network: NetworkId): StoredLease[] =>
      select.all(network).map(({ mac_address, address, host_name, expires_at_ms }) => ({
        ...{ macAddress: mac_address, address, hostName: host_name, expiresAtMs: expires_at_ms },
      })),
    put: (network: NetworkId, { macAddress, address, hostName, expiresAtMs }: StoredLease): void => {
      const lease = { mac_address: macAddress, address, host_name: hostName, expires_at_ms: Math.round(expiresAtMs) };
      put.run({ network_id: network, ...lease });
    },
  };
}

function toNetwork(row: NetworkRow, forwards: PortForward[]): Network | undefined {
  const settings = parseStored(StoredSettings, row.settings);
  return settings && { id: row.id, ...settings, isBuiltIn: row.is_built_in === 1, forwards };
}

function toRow({ id, isBuiltIn, forwards: _, ...settings }: Network): NetworkRow {
  const is_built_in = isBuiltIn ? 1 : 0;
  return { id, name_key: nameKey(settings.name), is_built_in, settings: JSON.stringify(settings) };
}

function refusing(name: string, write: () => unknown): void {
  try {
    write();
  } catch (cause) {
    if (!(cause instanceof BetterSqlite.SqliteError) || cause.code !== 'SQLITE_CONSTRAINT_UNIQUE') throw cause;
    throw new InnError('NAME_IN_USE', `There is a network named '${name}' already.`, {
      hint: 'Choose another name; upper and lower case count as the same.',
      details: { name },
      cause,
    });
  }
}

/** The refusal of a name or id that no network has. */
export function networkNotFound(ref: string): InnError {
  return new InnError('NETWORK_NOT_FOUND', `There is no network '${ref}'.`, {
    hint: 'It may have been removed; `inn network list` shows those that are there.',
    details: { network: ref },
  });
}
