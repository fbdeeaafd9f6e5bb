import * as z from 'zod';
import type { QmpCaller } from '../../qmp/link.ts';
import type { DeviceRemoval } from './device-removal.ts';

const Sockets = z.array(
  z.object({
    type: z.string(),
    props: z.record(z.string(), z.number()),
    /** Absent where no processor sits. */
    'qom-path': z.string().optional(),
  }),
);

/**
 * Plugs processors in or takes them out, the last ones first, until there are so many.
 * @returns how many there are: fewer than wanted when the board has no more places
 * @throws InnError `GUEST_REFUSED` when the guest keeps one, `ENGINE_FAILED`, `ENGINE_TIMEOUT`
 */
export async function plugProcessors(engine: QmpCaller, removal: DeviceRemoval, count: number): Promise<number> {
  // QEMU tells the last place first (QMP reference, `query-hotpluggable-cpus`).
  const places = Sockets.parse(await engine.execute('query-hotpluggable-cpus')).reverse();
  const present = places.filter((place) => place['qom-path'] !== undefined);
  const free = places.filter((place) => place['qom-path'] === undefined);
  for (const { type, props } of free.slice(0, Math.max(0, count - present.length))) {
    await engine.execute('device_add', { driver: type, id: idOf(props), ...props });
  }
  for (const { 'qom-path': path = '' } of present.slice(count).reverse()) {
    const [, id] = /^\/machine\/peripheral\/(.+)$/.exec(path) ?? [];
    await removal.remove(engine, id ?? path);
  }
  return Math.min(count, places.length);
}

const idOf = (props: Record<string, number>): string => `processor${props['core-id'] ?? 0}`;
