import { toErrorReport } from '../../shared/errors.ts';
import type { MachineId } from '../../shared/model/machine.ts';
import type { Grants, MachineGrant, ResourceGrant } from '../../shared/model/pool.ts';
import type { UsageSample } from '../../shared/model/usage.ts';
import { MIB } from '../../shared/units.ts';
import type { MachineTable } from '../db/machine-table.ts';
import type { PoolTable } from '../db/pool-table.ts';
import type { SettingTable } from '../db/setting-table.ts';
import type { Grant } from '../hypervisor/allocation.ts';
import type { MemoryPlan } from '../hypervisor/memory-targets.ts';
import { leastGrowth } from '../hypervisor/processor-demand.ts';
import type { Log } from '../log.ts';
import type { LiveSession } from '../machines/live-session.ts';
import type { MachineRecord } from '../machines/machine-record.ts';
import { processorWords } from './grant-words.ts';
import { readReserve } from './host-reserve.ts';
import { BalloonKeeper, type MemoryReading } from './memory-allocation.ts';
import { MemoryWatchdog } from './memory-watchdog.ts';
import {
  Contention,
  claimsOf,
  enforceCaps,
  liftCap,
  OtherPrograms,
  type ProcessorClaims,
  type ProcessorState,
  type RunningMachine,
  shareProcessors,
} from './processor-allocation.ts';

export interface AllocationDeps {
  machines: Pick<MachineTable, 'get'>;
  pools: Pick<PoolTable, 'list'>;
  settings: SettingTable;
  liveOf: (id: MachineId) => LiveSession | undefined;
  /** What admission asked a machine to do with, in MiB; null: all it has. */
  ceilingOf: (id: MachineId) => number | null;
  /** Logical processors of the host, whatever a container around this program lets it use. */
  hostProcessors: number;
  log: Pick<Log, 'warn'>;
}

type Member = RunningMachine & MemoryReading;

/** What was worked out from one sample. */
interface Round {
  members: readonly Member[];
  claims: readonly ProcessorClaims[];
  processor: ProcessorState;
  memory: MemoryPlan;
  memoryMiB: number;
}

/**
 * The one controller of the allocation. With each sample of the usage it works out what every machine wants and is
 * granted, and brings it about by execution caps and balloons. A machine's cap is the lesser of the user's own and
 * what it is granted; who is alone, or content, runs uncapped. It keeps nothing that a new program would miss: caps
 * are told anew to every machine that it meets for the first time, and lifted when it goes.
 */
export class AllocationController {
  readonly #deps: AllocationDeps;
  readonly #others = new OtherPrograms();
  readonly #contention = new Contention();
  readonly #watchdog = new MemoryWatchdog();
  readonly #balloons: BalloonKeeper;
  #round: Round | undefined;
  #isClosed = false;

  constructor(deps: AllocationDeps) {
    this.#deps = deps;
    this.#balloons = new BalloonKeeper((machine, error) => this.#note(machine, error));
  }

  /** Takes one sample in. Never throws: a round that fails is logged, and the next one comes in a second. */
  onSample(sample: UsageSample): void {
    if (this.#isClosed) return;
    try {
      this.#round = this.#allocate(sample);
    } catch (error) {
      this.#deps.log.warn({ error: toErrorReport(error) }, 'The allocation failed');
    }
  }

  /** The present allocation. Empty before the first sample. */
  grants(): Grants {
    const round = this.#round;
    if (!round) {
      return {
        processors: 0,
        memoryMiB: 0,
        isProcessorContended: false,
        isMemoryContended: false,
        machines: [],
        pools: [],
      };
    }
    const { processor, memory, members, memoryMiB } = round;
    return {
      processors: processor.processors,
      memoryMiB,
      isProcessorContended: processor.isContended,
      isMemoryContended: memory.isUnderPressure,
      machines: members.map((member) => this.#machineGrant(member, round)),
      pools: this.#deps.pools.list().map(({ id }) => ({
        poolId: id,
        ...resourceGrant(processor.grants.get(id), memory.grants.get(id)),
      })),
    };
  }

  /** What each machine wants of the processors at this moment, in processors. */
  processorDemands(): Map<string, number> {
    return new Map(this.#round?.claims.map(({ id, processorDemand }) => [id, processorDemand]));
  }

  /** Gives every machine its own cap back: without a controller nobody would ever lift what holds now. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const members = this.#round?.members ?? [];
    await Promise.all(
      members.map(({ live, record }) => liftCap(live, record).catch((error: unknown) => this.#note(record, error))),
    );
  }

  #allocate(sample: UsageSample): Round {
    const pools = this.#deps.pools.list();
    const members = this.#membersOf(sample);
    const { host } = sample;
    const contention = this.#contention;
    contention.read(members, host.processorUse, host.processorsTotal);
    const reserve = readReserve(this.#deps.settings);
    const growth = leastGrowth(host.processorsTotal, members.length);
    const claims = members.map((member) => claimsOf(member, { contention, growth }));
    const byMachines = sample.machines.reduce((sum, { processorUse }) => sum + processorUse, 0);
    const isComparable = host.processorsTotal >= this.#deps.hostProcessors;
    const load = {
      processors: host.processorsTotal,
      reserved: (host.processorsTotal * reserve.processorPercent) / 100,
      usedByOthers: this.#others.read(host.processorUse, byMachines, isComparable),
    };
    const processor = shareProcessors(claims, pools, load, contention.scale);
    contention.note(members, processor.grants);
    const byId = new Map(pools.map((pool) => [pool.id as string, pool]));
    enforceCaps(members, claims, byId, processor.grants, (machine, error) => this.#note(machine, error));
    const totalMiB = host.memoryTotalBytes / MIB;
    const reservedMiB = (totalMiB * reserve.memoryPercent) / 100;
    const availableMiB = host.memoryAvailableBytes / MIB;
    const memory = this.#balloons.step(members, pools, { totalMiB, availableMiB, reservedMiB });
    return { members, claims, processor, memory, memoryMiB: Math.floor(totalMiB - reservedMiB) };
  }

  /** The machines that are on. One that did not answer in time this once is taken to do as it did before. */
  #membersOf(sample: UsageSample): Member[] {
    const answered = new Set(sample.machines.map(({ machineId }) => machineId));
    const silent = this.#round?.members.filter(({ record: { id }, live }) => !answered.has(id) && !live.exit) ?? [];
    return [...sample.machines, ...silent.map(({ usage }) => usage)].flatMap((usage) => {
      const record = this.#deps.machines.get(usage.machineId);
      const live = this.#deps.liveOf(usage.machineId);
      if (!record || !live) return [];
      const warning = this.#watchdog.look(record.config.name, live.session.runtime.engine, usage);
      if (warning) this.#deps.log.warn({ machine: record.id }, warning);
      const ceilingMiB = this.#deps.ceilingOf(record.id);
      return [{ record, live, usage, ceilingMiB, usedProcessors: usage.processorUse }];
    });
  }

  #machineGrant({ record: { id, config }, live, usedProcessors }: Member, { processor, memory }: Round): MachineGrant {
    const grant = processor.grants.get(id);
    return {
      machineId: id,
      ...resourceGrant(grant, memory.grants.get(id)),
      usedProcessors,
      capPercent: live.cap.told ?? config.processors.capPercent,
      memoryTargetMiB: this.#balloons.toldMiB(live),
      why: grant ? processorWords(grant, config.processors.capPercent) : '',
    };
  }

  #note({ id }: MachineRecord, error: unknown): void {
    const report = toErrorReport(error);
    // It has just ended, or hangs: its state tells, by the session's own events.
    if (report.code === 'ENGINE_FAILED' || report.code === 'ENGINE_TIMEOUT') return;
    this.#deps.log.warn({ machine: id, error: report }, 'A machine did not take what it is granted');
  }
}

/** Processors and memory of one node side by side. */
export function resourceGrant(processor: Grant | undefined, memory: Grant | undefined): ResourceGrant {
  return {
    processors: processor?.amount ?? 0,
    wantedProcessors: processor?.wanted ?? 0,
    processorReason: processor?.reason ?? 'demand',
    memoryMiB: memory?.amount ?? 0,
    wantedMemoryMiB: memory?.wanted ?? 0,
    memoryReason: memory?.reason ?? 'demand',
  };
}
