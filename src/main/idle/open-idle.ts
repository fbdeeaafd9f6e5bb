import type { EngineInfo } from '../../shared/model/engine.ts';
import type { Machine, MachineId } from '../../shared/model/machine.ts';
import type { Pool } from '../../shared/model/pool.ts';
import type { IdlePolicy } from '../../shared/model/resources.ts';
import type { AdmissionService } from '../admission/admission-service.ts';
import { leastBytes } from '../admission/gatekeeper.ts';
import type { MemoryCeilings } from '../admission/memory-ceilings.ts';
import { poolChain } from '../admission/pool-budgets.ts';
import type { Events } from '../events.ts';
import { type IdleStep, isIdlePolicySet } from '../hypervisor/idle.ts';
import type { Log } from '../log.ts';
import type { MachineRunner } from '../machines/machine-runner.ts';
import type { Sampler } from '../usage/sampler.ts';
import { IdleController } from './idle-controller.ts';
import { ScheduleController } from './schedule-controller.ts';
import { noteUses, UseRecord } from './use-record.ts';
import { createIdleWake, createWake } from './wake.ts';

interface IdleParts {
  machines: { list(): Machine[]; get(ref: string): Machine };
  runner: MachineRunner;
  admission: Pick<AdmissionService, 'startWith'>;
  ceilings: MemoryCeilings;
  pools(): readonly Pool[];
  engines(): readonly EngineInfo[];
  usage: Pick<Sampler, 'subscribe'>;
  events: Pick<Events, 'watch'>;
  log: Pick<Log, 'info' | 'warn'>;
  now(): Date;
}

/** Sleep and waking of machines: idle policies, calendars, and whoever knocks. */
export type Idleness = ReturnType<typeof openIdleness>;

export function openIdleness(parts: IdleParts) {
  const { machines, runner, usage, events, log, now } = parts;
  const get = (id: MachineId) => machines.get(id);
  const uses = new UseRecord();
  const wake = createWake({
    get,
    start: (id, options) => runner.start(id, options),
    resume: (id) => runner.resume(id),
    events,
  });
  const controller = new IdleController({
    ...{ runner, uses, log, now, ceilings: parts.ceilings },
    machines: () => machines.list(),
    policyOf: (machine) => policyOf(machine, parts.pools()),
    canDo: (machine) => abilitiesOf(machine, parts.engines()),
    leastBytes: async (id) => leastBytes(get(id), await runner.usageOf(id)),
    monotonicMs: () => performance.now(),
  });
  const schedule = new ScheduleController({
    ...{ runner, log, now },
    machines: () => machines.list(),
    waitForRoom: (id) => parts.admission.startWith(id, 'wait', { isDisposable: false }),
  });
  schedule.open();
  const stop = usage.subscribe((sample) => controller.note(sample));
  Object.assign(runner, noteUses(bound(runner), uses, createIdleWake(get, wake)));
  return {
    /** Wakes a machine that is paused or saved; resolves when it runs. */
    wake,
    lastUsedAt: (id: MachineId) => controller.lastUsedAt(id),
    close(): void {
      stop();
      schedule.close();
    },
  };
}

/** The runner's own ways in, as they are before uses are noted. */
function bound(runner: MachineRunner) {
  return {
    type: runner.type.bind(runner),
    sendKeys: runner.sendKeys.bind(runner),
    openChannel: runner.openChannel.bind(runner),
  };
}

/** The machine's own policy, else that of the nearest pool that has one. */
export function policyOf({ config }: Machine, pools: readonly Pool[]): IdlePolicy {
  const { idle, poolId } = config.resources;
  if (isIdlePolicySet(idle)) return idle;
  return poolChain(pools, poolId).find((pool) => pool.idle !== null)?.idle ?? idle;
}

function abilitiesOf({ engine, isDisposable }: Machine, engines: readonly EngineInfo[]): Record<IdleStep, boolean> {
  const can = engines.find(({ id }) => id === engine)?.capabilities;
  return {
    balloon: can?.balloon.isAvailable === true,
    pause: true,
    // What is thrown away when it ends cannot be kept for later.
    save: can?.saveState.isAvailable === true && !isDisposable,
  };
}
