import { QmpError } from '../../qmp/protocol.ts';
import type { QmpCommand } from '../../qmp/server.ts';
import type { Balloon } from './balloon.ts';
import type { MachineParts } from './machine-parts.ts';

const PATH = '/machine/peripheral/balloon';
/** What QEMU writes for a number that the guest does not tell: -1 without a sign. */
const UNTOLD = Number(2n ** 64n - 1n);

/** The balloon as QEMU's monitor speaks of it (QMP reference, `balloon`; QEMU, docs/interop/virtio-balloon-stats). */
export function balloonCommands({ balloon }: Pick<MachineParts, 'balloon'>): Record<string, QmpCommand> {
  return {
    balloon: ({ value }) => {
      if (typeof value !== 'number' || !(value > 0)) {
        throw new QmpError('GenericError', "'value' must be a number of bytes above 0.");
      }
      balloon.setTarget(value);
    },
    'query-balloon': () => ({ actual: balloon.actualBytes }),
    'qom-get': (args) => {
      assertProperty(args, 'guest-stats');
      return describeStatistics(balloon);
    },
    // The guest is asked when somebody wants to know, at most every few seconds: nothing to set.
    'qom-set': (args) => assertProperty(args, 'guest-stats-polling-interval'),
  };
}

function describeStatistics(balloon: Balloon): object {
  const { freeBytes, availableBytes, updatedAt } = balloon.statistics();
  return {
    stats: { 'stat-free-memory': freeBytes ?? UNTOLD, 'stat-available-memory': availableBytes ?? UNTOLD },
    'last-update': updatedAt,
  };
}

function assertProperty({ path, property }: Record<string, unknown>, known: string): void {
  if (path === PATH && property === known) return;
  throw new QmpError('GenericError', `There is no property '${String(property)}' of '${String(path)}'.`);
}
