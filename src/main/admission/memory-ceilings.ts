import * as z from 'zod';
import { MachineId } from '../../shared/model/machine.ts';
import type { SettingTable } from '../db/setting-table.ts';

/**
 * How much memory running machines were asked to do with, so that another could start. Whoever else sets balloons heeds
 * `of`: memory that has been promised again must not be given back meanwhile.
 */
export interface MemoryCeilings {
  /**
   * Takes up what an earlier core asked for, and keeps what is asked from then on. Memory that nobody holds any more, or
   * that the earlier core took for itself, goes back to the machines that run. Resolves when the machines were told.
   */
  open(parts: CeilingParts): Promise<void>;
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

/** What the ceilings find when they open. */
export interface CeilingParts {
  settings: SettingTable;
  /** The machines that an earlier core left running or paused. */
  online: readonly MachineId[];
  /** What the balloon leaves to a machine, in MiB; null: it has none. */
  balloonMiB(id: MachineId): Promise<number | null>;
  /** A machine could not be told. */
  onError(id: MachineId, error: unknown): void;
}

export interface MemoryCeilingsDeps {
  setMemoryTarget(id: MachineId, memoryMiB: number): Promise<void>;
  /** What the machine's settings give it, in MiB; undefined: it is not there any more. */
  fullMemoryMiB(id: MachineId): number | undefined;
}

const Hold = z.object({ id: MachineId, memoryMiB: z.number(), forWhom: MachineId });
type Hold = z.infer<typeof Hold>;

const HOLDS = { key: 'admission.ceilings', schema: z.array(Hold), usual: [] as Hold[] };

/** Written down, as machines outlive the core: memory that was taken for one of them would never go back otherwise. */
export function createMemoryCeilings({ setMemoryTarget, fullMemoryMiB }: MemoryCeilingsDeps): MemoryCeilings {
  let holds: Hold[] = [];
  let settings: SettingTable | undefined;
  const change = (now: Hold[]) => {
    holds = now;
    settings?.set(HOLDS, now);
  };
  const of = (id: MachineId) => {
    const own = holds.filter((hold) => hold.id === id).map(({ memoryMiB }) => memoryMiB);
    return own.length === 0 ? null : Math.min(...own);
  };
  return {
    of,
    async open({ online, balloonMiB, onError, ...parts }) {
      ({ settings } = parts);
      // What the idle policy took for a machine itself begins anew, as idleness does.
      const isStill = ({ id, forWhom }: Hold) => online.includes(id) && online.includes(forWhom) && id !== forWhom;
      change([...settings.get(HOLDS).filter(isStill), ...holds]);
      const settle = async (id: MachineId) => {
        const [now, fair] = [await balloonMiB(id), of(id) ?? fullMemoryMiB(id)];
        if (now !== null && fair !== undefined && now < fair) await setMemoryTarget(id, fair);
      };
      await Promise.all(online.map((id) => settle(id).catch((error: unknown) => onError(id, error))));
    },
    async hold(id, memoryMiB, forWhom) {
      change([...holds, { id, memoryMiB, forWhom }]);
      await setMemoryTarget(id, of(id) ?? memoryMiB);
    },
    async release(forWhom) {
      const givers = new Set(holds.filter((hold) => hold.forWhom === forWhom).map(({ id }) => id));
      change(holds.filter((hold) => hold.forWhom !== forWhom));
      const targets = [...givers].map((id) => ({ id, memoryMiB: of(id) ?? fullMemoryMiB(id) }));
      await Promise.all(
        targets.map(async ({ id, memoryMiB }) => memoryMiB !== undefined && setMemoryTarget(id, memoryMiB)),
      );
    },
    forget(id) {
      if (of(id) !== null) change(holds.filter((hold) => hold.id !== id));
    },
    holders: () => [...new Set(holds.map(({ forWhom }) => forWhom))],
  };
}
