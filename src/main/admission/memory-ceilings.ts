import type { MachineId } from '../../shared/model/machine.ts';

/**
 * How much memory running machines were asked to do with, so that another could start. Whoever else sets balloons heeds
 * `of`: memory that has been promised again must not be given back meanwhile.
 */
export interface MemoryCeilings {
  /** In MiB; null: none. */
  of(id: MachineId): number | null;
  /** Takes memory from `id` for the sake of another machine. @throws InnError as `Session.setMemoryTarget` */
  hold(id: MachineId, memoryMiB: number, forWhom: MachineId): Promise<void>;
  /** Gives everything back that was taken for this machine; to those that run still. */
  release(forWhom: MachineId): Promise<void>;
  /** Forgets what was asked of a machine whose run has ended: the next one begins with all its memory. */
  forget(id: MachineId): void;
  /** The machines for which memory is held. */
  holders(): MachineId[];
}

export interface MemoryCeilingsDeps {
  setMemoryTarget(id: MachineId, memoryMiB: number): Promise<void>;
  /** What the machine's settings give it, in MiB; undefined: it is not there any more. */
  fullMemoryMiB(id: MachineId): number | undefined;
}

interface Hold {
  id: MachineId;
  memoryMiB: number;
  forWhom: MachineId;
}

/** Kept in memory: when the core starts anew, whoever sets balloons begins anew, too. */
export function createMemoryCeilings({ setMemoryTarget, fullMemoryMiB }: MemoryCeilingsDeps): MemoryCeilings {
  let holds: Hold[] = [];
  const of = (id: MachineId) => {
    const own = holds.filter((hold) => hold.id === id).map(({ memoryMiB }) => memoryMiB);
    return own.length === 0 ? null : Math.min(...own);
  };
  return {
    of,
    async hold(id, memoryMiB, forWhom) {
      holds.push({ id, memoryMiB, forWhom });
      await setMemoryTarget(id, of(id) ?? memoryMiB);
    },
    async release(forWhom) {
      const givers = new Set(holds.filter((hold) => hold.forWhom === forWhom).map(({ id }) => id));
      holds = holds.filter((hold) => hold.forWhom !== forWhom);
      const targets = [...givers].map((id) => ({ id, memoryMiB: of(id) ?? fullMemoryMiB(id) }));
      await Promise.all(
        targets.map(async ({ id, memoryMiB }) => memoryMiB !== undefined && setMemoryTarget(id, memoryMiB)),
      );
    },
    forget(id) {
      holds = holds.filter((hold) => hold.id !== id);
    },
    holders: () => [...new Set(holds.map(({ forWhom }) => forWhom))],
  };
}
