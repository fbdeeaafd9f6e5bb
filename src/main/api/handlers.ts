import { implement, type Router } from '@orpc/server';
import { type Contract, contract } from '../../shared/contract.ts';
import type { CoreInfo } from '../../shared/model/host.ts';
import type { ConsoleTickets } from './console-tickets.ts';
import { withMappedErrors } from './error-mapping.ts';
import { createGroupHandlers } from './group-handlers.ts';
import { createGuestHandlers } from './guest-handlers.ts';
import { readMachineLog } from './machine-log.ts';
import { createNetworkHandlers } from './network-handlers.ts';
import type { ApiLog, CoreServices } from './services.ts';
import { openWorldStream, waitForState } from './subscriptions.ts';
import { createUsageHandlers } from './usage-handlers.ts';

export interface RouterParts {
  services: CoreServices;
  tickets: ConsoleTickets;
  coreInfo: () => CoreInfo;
  log: ApiLog;
}

/** Every call of the contract, one line each. Errors leave as codes of the closed list (error-mapping.ts). */
export function createRouter({
  services,
  tickets,
  coreInfo,
  log,
}: RouterParts): Router<Contract, Record<never, never>> {
  const { tasks, host } = services;
  const os = createImplementer(log);

  return os.router({
    core: { info: os.core.info.handler(() => coreInfo()) },
    host: {
      info: os.host.info.handler(() => host.info()),
      doctor: os.host.doctor.handler(() => host.doctor()),
      listFolder: os.host.listFolder.handler(({ input }) => host.listFolder(input.path)),
    },
    machine: {
      ...createMachineHandlers(os.machine, services),
      ...createActionHandlers(os.machine, services),
      ...createGuestHandlers(os.machine, services),
      openConsole: os.machine.openConsole.handler(({ input }) =>
        tickets.issue(services.machines.get(input.machine).id, input.channel),
      ),
    },
    group: createGroupHandlers(os.group, services.groups),
    admission: {
      check: os.admission.check.handler(({ input }) => services.admission.check(input.machine, input)),
      startWith: os.admission.startWith.handler(({ input }) =>
        services.admission.startWith(input.machine, input.choice, input),
      ),
    },
    snapshot: createSnapshotHandlers(os.snapshot, services),
    medium: createMediumHandlers(os.medium, services),
    network: createNetworkHandlers(os.network, services),
    pool: createPoolHandlers(os.pool, services),
    task: {
      list: os.task.list.handler(() => tasks.list()),
      cancel: os.task.cancel.handler(({ input }) => tasks.cancel(input.id)),
    },
    events: {
      subscribe: os.events.subscribe.handler(({ signal }) => openWorldStream(services, signal)),
      waitFor: os.events.waitFor.handler(({ input, signal }) => waitForState(services, input, signal)),
    },
    usage: createUsageHandlers(os.usage, services),
  });
}

export type CoreRouter = ReturnType<typeof createRouter>;

function createImplementer(log: ApiLog) {
  return implement(contract).use(({ path, signal, next }) =>
    withMappedErrors({ path, signal }, log, async () => next()),
  );
}

type MachineCalls = ReturnType<typeof createImplementer>['machine'];
type MediumCalls = ReturnType<typeof createImplementer>['medium'];
type PoolCalls = ReturnType<typeof createImplementer>['pool'];
type SnapshotCalls = ReturnType<typeof createImplementer>['snapshot'];

const nothing = () => ({});

function createMachineHandlers(machine: MachineCalls, { machines, snapshots }: CoreServices) {
  return {
    clone: machine.clone.handler(({ input: { machine: ref, ...rest } }) => snapshots.clone(ref, rest)),
    list: machine.list.handler(() => machines.list()),
    get: machine.get.handler(({ input }) => machines.get(input.machine)),
    create: machine.create.handler(({ input }) => machines.create(input)),
    check: machine.check.handler(({ input }) => machines.check(input.config, input.machine)),
    configure: machine.configure.handler(({ input }) =>
      machines.configure(input.machine, input.revision, input.config),
    ),
    remove: machine.remove.handler(({ input }) => machines.remove(input.machine, input.deletesFiles)),
    log: machine.log.handler(({ input }) => readMachineLog(machines.get(input.machine), input.lines)),
  };
}

function createActionHandlers(machine: MachineCalls, { machines, runner }: CoreServices) {
  const idOf = (ref: string) => machines.get(ref).id;
  type Action = Exclude<
    keyof MachineCalls & keyof typeof runner,
    'start' | 'type' | 'sendKeys' | 'screenshot' | 'changeMedium'
  >;
  const action = (name: Action) =>
    machine[name].handler(async ({ input }) => {
      const id = idOf(input.machine);
      await runner[name](id);
      return machines.get(id);
    });

  return {
    start: machine.start.handler(async ({ input: { machine: ref, isDisposable } }) => {
      const id = idOf(ref);
      await runner.start(id, { isDisposable });
      return machines.get(id);
    }),
    pause: action('pause'),
    resume: action('resume'),
    reset: action('reset'),
    powerButton: action('powerButton'),
    powerOff: action('powerOff'),
    saveState: action('saveState'),
    discardState: action('discardState'),
    keepWarmStart: action('keepWarmStart'),
    type: machine.type.handler(({ input }) => runner.type(idOf(input.machine), input.text).then(nothing)),
    sendKeys: machine.sendKeys.handler(({ input }) => runner.sendKeys(idOf(input.machine), input.keys).then(nothing)),
    screenshot: machine.screenshot.handler(async ({ input }) => {
      const { width, height, png } = await runner.screenshot(idOf(input.machine));
      return { width, height, pngBase64: Buffer.from(png).toString('base64') };
    }),
    changeMedium: machine.changeMedium.handler(async ({ input: { machine: ref, mediumId, ...slot } }) => {
      await runner.changeMedium(idOf(ref), slot, mediumId);
      return machines.get(ref);
    }),
  };
}

function createSnapshotHandlers(snapshot: SnapshotCalls, { snapshots }: CoreServices) {
  return {
    list: snapshot.list.handler(({ input }) => snapshots.list(input.machine)),
    take: snapshot.take.handler(({ input: { machine, ...rest } }) => snapshots.take(machine, rest)),
    restore: snapshot.restore.handler(({ input: { machine, snapshot: ref, takesCurrentFirst } }) =>
      snapshots.restore(machine, ref, { takesCurrentFirst }),
    ),
    delete: snapshot.delete.handler(({ input }) => snapshots.remove(input.machine, input.snapshot).then(nothing)),
    describe: snapshot.describe.handler(({ input: { machine, snapshot: ref, ...rest } }) =>
      snapshots.describe(machine, ref, rest),
    ),
    cost: snapshot.cost.handler(({ input }) => snapshots.cost(input.machine, input.snapshot)),
    thumbnail: snapshot.thumbnail.handler(({ input }) => snapshots.thumbnail(input.machine, input.snapshot)),
  };
}

function createPoolHandlers(pool: PoolCalls, { pools, allocation }: CoreServices) {
  return {
    list: pool.list.handler(() => pools.list()),
    create: pool.create.handler(({ input }) => pools.create(input)),
    configure: pool.configure.handler(({ input: { pool: ref, ...change } }) => pools.configure(ref, change)),
    move: pool.move.handler(({ input }) => pools.move(input.pool, input.parent, input.position)),
    remove: pool.remove.handler(({ input }) => pools.remove(input.pool)),
    assign: pool.assign.handler(({ input }) => pools.assign(input.machine, input.pool)),
    preview: pool.preview.handler(({ input }) => allocation.preview(input)),
    grants: pool.grants.handler(() => allocation.grants()),
    budget: pool.budget.handler(() => pools.budget()),
    setReserve: pool.setReserve.handler(({ input }) => pools.setReserve(input)),
  };
}

function createMediumHandlers(medium: MediumCalls, { media, mediumManager: manager }: CoreServices) {
  return {
    list: medium.list.handler(() => media.list()),
    get: medium.get.handler(({ input }) => manager.details(input.id)),
    register: medium.register.handler(({ input }) => media.register(input.path, input.kind)),
    scan: medium.scan.handler(({ input }) => manager.scan(input.folder)),
    create: medium.create.handler(({ input }) => manager.create(input)),
    resize: medium.resize.handler(({ input }) => manager.resize(input.id, input.sizeBytes)),
    copy: medium.copy.handler(({ input: { id, ...to } }) => manager.copy(id, to)),
    compact: medium.compact.handler(({ input }) => manager.compact(input.id)),
    check: medium.check.handler(({ input }) => manager.check(input.id, input.repairs)),
    relocate: medium.relocate.handler(({ input }) => manager.relocate(input.id, input.path)),
    move: medium.move.handler(({ input }) => manager.move(input.id, input.path)),
    describe: medium.describe.handler(({ input: { id, ...change } }) => manager.describe(id, change)),
    attach: medium.attach.handler(({ input: { id, machine, ...slot } }) => manager.attach(id, machine, slot)),
    detach: medium.detach.handler(({ input }) => manager.detach(input.id, input.machine)),
    remove: medium.remove.handler(({ input }) => media.remove(input.id, input.deletesFile).then(nothing)),
  };
}
