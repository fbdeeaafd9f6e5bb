import { implement } from '@orpc/server';
import { contract } from '../../shared/contract.ts';
import type { CoreInfo } from '../../shared/model/host.ts';
import type { ConsoleTickets } from './console-tickets.ts';
import { withMappedErrors } from './error-mapping.ts';
import { readMachineLog } from './machine-log.ts';
import type { ApiLog, CoreServices } from './services.ts';
import { openUsageStream, openWorldStream, waitForState } from './subscriptions.ts';

export interface RouterParts {
  services: CoreServices;
  tickets: ConsoleTickets;
  coreInfo: () => CoreInfo;
  log: ApiLog;
}

/** Every call of the contract, one line each. Errors leave as codes of the closed list (error-mapping.ts). */
export function createRouter({ services, tickets, coreInfo, log }: RouterParts) {
  const { media, tasks, host, usage } = services;
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
      openConsole: os.machine.openConsole.handler(({ input }) =>
        tickets.issue(services.machines.get(input.machine).id, input.channel),
      ),
    },
    medium: {
      list: os.medium.list.handler(() => media.list()),
      register: os.medium.register.handler(({ input }) => media.register(input.path, input.kind)),
      createDisk: os.medium.createDisk.handler(({ input }) => media.createDisk(input.path, input.sizeBytes)),
      remove: os.medium.remove.handler(({ input }) => media.remove(input.id, input.deletesFile).then(nothing)),
    },
    task: {
      list: os.task.list.handler(() => tasks.list()),
      cancel: os.task.cancel.handler(({ input }) => tasks.cancel(input.id)),
    },
    events: {
      subscribe: os.events.subscribe.handler(({ signal }) => openWorldStream(services, signal)),
      waitFor: os.events.waitFor.handler(({ input, signal }) => waitForState(services, input, signal)),
    },
    usage: {
      latest: os.usage.latest.handler(() => usage.latest()),
      subscribe: os.usage.subscribe.handler(({ signal }) => openUsageStream(services, signal)),
    },
  });
}

export type CoreRouter = ReturnType<typeof createRouter>;

function createImplementer(log: ApiLog) {
  return implement(contract).use(({ path, signal, next }) =>
    withMappedErrors({ path, signal }, log, async () => next()),
  );
}

type MachineCalls = ReturnType<typeof createImplementer>['machine'];

const nothing = () => ({});

function createMachineHandlers(machine: MachineCalls, { machines }: CoreServices) {
  return {
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
  type Action = Exclude<keyof MachineCalls & keyof typeof runner, 'type' | 'sendKeys' | 'screenshot' | 'changeMedium'>;
  const action = (name: Action) =>
    machine[name].handler(async ({ input }) => {
      const id = idOf(input.machine);
      await runner[name](id);
      return machines.get(id);
    });

  return {
    start: action('start'),
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
