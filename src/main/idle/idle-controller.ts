import { toErrorReport } from '../../shared/errors.ts';
import type { Machine, MachineId } from '../../shared/model/machine.ts';
import type { IdlePolicy } from '../../shared/model/resources.ts';
import type { UsageSample } from '../../shared/model/usage.ts';
import { MIB } from '../../shared/units.ts';
import type { MemoryCeilings } from '../admission/memory-ceilings.ts';
import { type Activity, type IdleStep, idleDecision, isIdlePolicySet, noteReading } from '../hypervisor/idle.ts';
import type { Log } from '../log.ts';
import type { UseRecord } from './use-record.ts';

export interface IdleDeps {
  machines(): Machine[];
  /** That of the machine itself, or of its pool. */
  policyOf(machine: Machine): IdlePolicy;
  /** What its engine can do with it now. */
  canDo(machine: Machine): Readonly<Record<IdleStep, boolean>>;
  runner: {
    pause(id: MachineId, reason: 'idle'): Promise<unknown>;
    saveState(id: MachineId, reason: 'idle'): Promise<unknown>;
  };
  /** The least that its balloon may leave it, in bytes; null: not known. */
  leastBytes(id: MachineId): Promise<number | null>;
  ceilings: MemoryCeilings;
  uses: UseRecord;
  log: Pick<Log, 'info' | 'warn'>;
  monotonicMs(): number;
  now(): Date;
}

/** One machine's way to sleep. */
interface Watch extends Activity {
  reached: IdleStep | null;
  /** A step is being taken. */
  isActing: boolean;
  /** Which run it is about: each begins in use. */
  since: string;
}

/** Puts machines to sleep that nobody uses, step by step as their policies say, and gives memory back to those in use. */
export class IdleController {
  readonly #deps: IdleDeps;
  readonly #watches = new Map<MachineId, Watch>();

  constructor(deps: IdleDeps) {
    this.#deps = deps;
  }

  /** When it was last in use, as ISO 8601; undefined: not known. */
  lastUsedAt(id: MachineId): string | undefined {
    const watch = this.#watches.get(id);
    if (!watch) return undefined;
    const ageMs = this.#deps.monotonicMs() - watch.lastUsedAtMs;
    return new Date(this.#deps.now().getTime() - ageMs).toISOString();
  }

  /** Looks at every machine that is online, once a second. */
  note(sample: UsageSample): void {
    const machines = new Map(this.#deps.machines().map((machine) => [machine.id, machine]));
    for (const id of this.#watches.keys()) if (!isOnline(machines.get(id))) this.#watches.delete(id);
    for (const usage of sample.machines) {
      const machine = machines.get(usage.machineId);
      if (!machine || !isOnline(machine)) continue;
      const watch = this.#watchOf(machine);
      const network = usage.networkInBytesPerSecond + usage.networkOutBytesPerSecond;
      const reading = {
        atMs: this.#deps.monotonicMs(),
        processorUse: usage.processorUse / machine.config.processors.count,
        networkBytesPerSecond: network,
        isAttended: this.#deps.uses.takeAttended(machine.id),
      };
      Object.assign(watch, noteReading(watch, reading));
      this.#follow(machine, watch);
    }
  }

  /** A run that has begun or gone on just now is in use. */
  #watchOf({ id, stateSince, state, reason }: Machine): Watch {
    const known = this.#watches.get(id);
    const since = state === 'Paused' && reason === 'idle' && known ? known.since : stateSince;
    if (known?.since === since) return known;
    const watch = { isBusy: true, lastUsedAtMs: this.#deps.monotonicMs(), reached: null, isActing: false, since };
    this.#watches.set(id, watch);
    void this.#giveBack(id);
    return watch;
  }

  #follow(machine: Machine, watch: Watch): void {
    if (watch.isActing) return;
    const idleMs = this.#deps.monotonicMs() - watch.lastUsedAtMs;
    if (watch.isBusy && watch.reached === 'balloon') {
      watch.reached = null;
      void this.#giveBack(machine.id);
    }
    const policy = this.#deps.policyOf(machine);
    if (!isIdlePolicySet(policy) || watch.isBusy) return;
    // Somebody paused it by hand: that is not for a policy to go on with, except to save it.
    const can = this.#deps.canDo(machine);
    const possible = machine.state === 'Paused' ? { ...can, balloon: false, pause: false } : can;
    const step = idleDecision({ policy, idleMs, reached: watch.reached, can: possible });
    if (step) void this.#take(machine, watch, step);
  }

  async #take(machine: Machine, watch: Watch, step: IdleStep): Promise<void> {
    const { log } = this.#deps;
    watch.isActing = true;
    try {
      await this.#act(machine.id, step);
      watch.reached = step;
      log.info({ machine: machine.id, step }, `Nobody used '${machine.config.name}'`);
    } catch (error) {
      // It is tried again when as much idleness has passed anew.
      watch.lastUsedAtMs = this.#deps.monotonicMs();
      log.warn({ machine: machine.id, step, error: toErrorReport(error) }, 'The idle machine stays as it is');
    } finally {
      watch.isActing = false;
    }
  }

  async #act(id: MachineId, step: IdleStep): Promise<void> {
    const { runner, ceilings } = this.#deps;
    if (step === 'pause') await runner.pause(id, 'idle');
    if (step === 'save') await runner.saveState(id, 'idle');
    if (step !== 'balloon') return;
    const leastBytes = await this.#deps.leastBytes(id);
    if (leastBytes !== null) await ceilings.hold(id, Math.ceil(leastBytes / MIB), id);
  }

  async #giveBack(id: MachineId): Promise<void> {
    const { ceilings, log } = this.#deps;
    if (!ceilings.holders().includes(id) || ceilings.of(id) === null) return;
    await ceilings.release(id).catch((error: unknown) => {
      log.warn({ machine: id, error: toErrorReport(error) }, 'Memory was not given back');
    });
  }
}

const isOnline = (machine: Machine | undefined): boolean => machine?.state === 'Running' || machine?.state === 'Paused';
