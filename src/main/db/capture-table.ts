import type { NetworkId } from '../../shared/model/network.ts';
import { NetworkCapture } from '../../shared/model/virtual-network.ts';
import type { Database } from './database.ts';
import { parseStored } from './machine-row.ts';

/** Captures that run, or that ended by themselves and were not taken note of yet. */
export interface CaptureTable {
  /** In the order in which they began. One that cannot be read is left out. */
  of(network: NetworkId): NetworkCapture[];
  get(id: string): NetworkCapture | undefined;
  put(network: NetworkId, capture: NetworkCapture): void;
  delete(id: string): void;
}

export function createCaptureTable({ sql }: Database): CaptureTable {
  const select = sql.prepare<[string], { capture: string }>(
    'SELECT capture FROM network_capture WHERE network_id = ? ORDER BY rowid',
  );
  const selectOne = sql.prepare<[string], { capture: string }>('SELECT capture FROM network_capture WHERE id = ?');
  const put = sql.prepare<[{ id: string; network: string; capture: string }]>(
    `INSERT INTO network_capture (id, network_id, capture) VALUES (@id, @network, @capture)
     ON CONFLICT (id) DO UPDATE SET capture = excluded.capture`,
  );
  const deleteOne = sql.prepare<[string]>('DELETE FROM network_capture WHERE id = ?');
  return {
    of: (network) => select.all(network).flatMap(({ capture }) => parseStored(NetworkCapture, capture) ?? []),
    get: (id) => {
      const row = selectOne.get(id);
      return row && parseStored(NetworkCapture, row.capture);
    },
    put: (network, capture) => {
      put.run({ id: capture.id, network, capture: JSON.stringify(capture) });
    },
    delete: (id) => {
      deleteOne.run(id);
    },
  };
}
