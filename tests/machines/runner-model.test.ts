import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { crashes, fails, hangs, shutsDown } from '../../src/main/engines/fake/fake-script.ts';
import { isOnline, isRest, isTransient } from '../../src/shared/machine-state.ts';
import type { MachineId } from '../../src/shared/model/machine.ts';
import { type House, openHouse } from '../support/fake-house.ts';

const ACTIONS = [
  ...(['start', 'start', 'pause', 'resume', 'reset', 'powerButton', 'powerOff'] as const),
  ...(['saveState', 'saveState', 'discardState', 'keepWarmStart'] as const),
];
const MOMENTS = ['start', 'status', 'pause', 'resume', 'reset', 'powerOff', 'saveState', 'keepState'] as const;
const FAULTS = { fails: fails(), crashes: crashes(), hangs: hangs(2), shutsDown: shutsDown() };
const EVENTS = ['crash', 'shutDown', 'ioError', 'panic'] as const;

type Step =
  | { kind: 'act'; action: (typeof ACTIONS)[number]; waits: boolean; fault: Fault | null }
  | { kind: 'event'; event: (typeof EVENTS)[number] }
  | { kind: 'cancelTasks' };
interface Fault {
  moment: (typeof MOMENTS)[number];
  what: keyof typeof FAULTS;
}

const fault: fc.Arbitrary<Fault> = fc
  .record({
    moment: fc.constantFrom(...MOMENTS),
    what: fc.constantFrom(...(Object.keys(FAULTS) as (keyof typeof FAULTS)[])),
  })
  // No engine that lives refuses to say how it is; waiting for the end of one that did takes seconds.
  .filter(({ moment, what }) => moment !== 'status' || what !== 'fails');
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('act' as const),
      action: fc.constantFrom(...ACTIONS),
      waits: fc.boolean(),
      fault: fc.option(fault, { freq: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('event' as const), event: fc.constantFrom(...EVENTS) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancelTasks' as const) }) },
);

/** One turn of the event loop: lets what has been started get somewhere. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function play(house: House, id: MachineId, steps: Step[]): Promise<void> {
  const underWay: Promise<unknown>[] = [];
  for (const each of steps) {
    if (each.kind === 'act') {
      if (each.fault) failOnce(house, each.fault);
      const result = house.runner[each.action](id).catch(() => undefined); // refusals are part of the game
      underWay.push(result);
      await (each.waits ? result : turn());
    } else if (each.kind === 'event') {
      happen(house, id, each.event);
      await turn();
    } else {
      for (const task of house.tasks.list()) if (task.canCancel) house.tasks.cancel(task.id);
    }
  }
  await Promise.all(underWay);
  await turn();
  await house.runner.close();
}

function failOnce({ engine }: House, { moment, what }: Fault): void {
  engine.script.before[moment] = (machine) => {
    delete engine.script.before[moment];
    return FAULTS[what](machine);
  };
}

function happen(house: House, id: MachineId, event: (typeof EVENTS)[number]): void {
  const machine = processes(house, id)[0];
  if (!machine) return;
  if (event === 'crash') machine.end({ kind: 'crashed', reason: 'engineKilled', detail: 'killed' });
  if (event === 'shutDown') machine.end({ kind: 'guestShutdown' });
  if (event === 'ioError') machine.suffer({ state: 'Paused', reason: 'ioError', detail: 'disk full' });
  if (event === 'panic') machine.suffer({ state: 'Stuck', reason: 'guestPanic', detail: 'panic' });
}

const processes = (house: House, id: MachineId) =>
  [...house.world.values()].filter((machine) => machine.spec.machineId === id && !machine.isGone);

function assertTrue(house: House, id: MachineId): void {
  const { state, reason, savedStateFile, warmStart, runtime } = house.get(id);
  const living = processes(house, id);
  expect(isTransient(state), `left in ${state}`).toBe(false);
  expect(living.length).toBe(isRest(state) ? 0 : 1);
  expect(runtime?.pid ?? null).toBe(living[0]?.runtime.pid ?? null);
  // An engine that did not answer may stand as it likes: the next probe finds out.
  if (isOnline(state) && reason !== 'engineHangs') expect(living[0]?.status.state).toBe(state);
  const files = readdirSync(house.paths.machineFolder(id)).filter((name) => name.endsWith('.state'));
  const known = [savedStateFile, warmStart?.file].filter((file) => file !== null && file !== undefined);
  expect(files.sort()).toEqual(known.sort());
  if (isRest(state)) expect(savedStateFile !== null).toBe(state === 'Saved' || state === 'AbortedSaved');
}

it('leaves no machine on its way, and none whose state contradicts its process', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
      const house = openHouse();
      const id = house.add({ storage: [] });
      await play(house, id, steps);
      assertTrue(house, id);
    }),
    { numRuns: Number(process.env.INNKEEPER_MODEL_RUNS ?? 100) },
  );
}, 120_000);
