import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Exit } from '../../src/main/engines/engine.ts';
import type { FakeMoment } from '../../src/main/engines/fake/fake-script.ts';
import type { MachineRunner } from '../../src/main/machines/machine-runner.ts';
import type { MachineId } from '../../src/shared/model/machine.ts';
import { type House, openHouse } from '../support/fake-house.ts';

const EXITS = {
  'the guest shuts down': { kind: 'guestShutdown' },
  'somebody else ends it': { kind: 'powerOff' },
  'the engine crashes': { kind: 'crashed', reason: 'engineCrashed', detail: 'segmentation fault' },
  'the engine is killed': { kind: 'crashed', reason: 'engineKilled', detail: 'SIGKILL' },
} as const satisfies Record<string, Exit>;
type ExitName = keyof typeof EXITS;

/** The end of a machine that has no saved state. */
const PLAIN: Record<ExitName, string> = {
  'the guest shuts down': 'PoweredOff guestShutdown',
  'somebody else ends it': 'PoweredOff powerOff',
  'the engine crashes': 'Aborted engineCrashed',
  'the engine is killed': 'Aborted engineKilled',
};

type Action = 'start' | 'pause' | 'resume' | 'reset' | 'powerButton' | 'powerOff' | 'saveState' | 'keepWarmStart';

interface Moment {
  title: string;
  /** What was done before; the last one is under way when the machine ends. */
  actions: Action[];
  at: FakeMoment;
  expected: Record<ExitName, string>;
  keepsSavedState?: Partial<Record<ExitName, boolean>>;
}

const running = (title: string, action: Action, at: FakeMoment): Moment => ({
  title,
  actions: ['start', action],
  at,
  expected: PLAIN,
});

const MOMENTS: Moment[] = [
  {
    title: 'before the start has come to the guest',
    actions: ['start'],
    at: 'start',
    expected: {
      'the guest shuts down': 'PoweredOff startFailed',
      'somebody else ends it': 'PoweredOff startFailed',
      'the engine crashes': 'PoweredOff startFailed',
      'the engine is killed': 'PoweredOff startFailed',
    },
  },
  { title: 'just as it came up', actions: ['start'], at: 'status', expected: PLAIN },
  {
    title: 'while the saved state is loaded',
    actions: ['start', 'saveState', 'start'],
    at: 'start',
    expected: {
      'the guest shuts down': 'Saved restoreFailed',
      'somebody else ends it': 'Saved restoreFailed',
      'the engine crashes': 'Saved restoreFailed',
      'the engine is killed': 'Saved restoreFailed',
    },
  },
  {
    title: 'when the restored guest is let go',
    actions: ['start', 'saveState', 'start'],
    at: 'resume',
    expected: {
      'the guest shuts down': 'PoweredOff guestShutdown',
      'somebody else ends it': 'Saved cancelled',
      'the engine crashes': 'AbortedSaved engineCrashed',
      'the engine is killed': 'AbortedSaved engineKilled',
    },
  },
  {
    title: 'before the restored guest was seen running',
    actions: ['start', 'saveState', 'start'],
    at: 'status',
    expected: {
      'the guest shuts down': 'PoweredOff guestShutdown',
      'somebody else ends it': 'Saved cancelled',
      'the engine crashes': 'AbortedSaved engineCrashed',
      'the engine is killed': 'AbortedSaved engineKilled',
    },
  },
  running('while it is paused', 'pause', 'pause'),
  { title: 'while it is resumed', actions: ['start', 'pause', 'resume'], at: 'resume', expected: PLAIN },
  running('while it is reset', 'reset', 'reset'),
  running('while the power button is pressed', 'powerButton', 'powerButton'),
  running('while its state is saved', 'saveState', 'saveState'),
  {
    title: 'after its state was saved',
    actions: ['start', 'saveState'],
    at: 'powerOff',
    expected: {
      'the guest shuts down': 'Saved saved',
      'somebody else ends it': 'Saved saved',
      'the engine crashes': 'Saved saved',
      'the engine is killed': 'Saved saved',
    },
  },
  running('while it is powered off', 'powerOff', 'powerOff'),
  running('while a warm start is kept', 'keepWarmStart', 'keepState'),
];

async function play(house: House, id: MachineId, actions: Action[]): Promise<void> {
  for (const action of actions) await (house.runner as Record<Action, MachineRunner[Action]>)[action](id);
}

function assertTrue(house: House, id: MachineId): void {
  const record = house.get(id);
  const hasProcess = [...house.world.values()].some((machine) => machine.spec.machineId === id && !machine.isGone);
  expect(hasProcess).toBe(false);
  expect(record.runtime).toBeNull();
  const isSaved = record.state === 'Saved' || record.state === 'AbortedSaved';
  expect(record.savedStateFile !== null).toBe(isSaved);
  if (record.savedStateFile) {
    expect(existsSync(`${house.paths.machineFolder(id)}/${record.savedStateFile}`)).toBe(true);
  }
}

describe('a machine whose process ends', () => {
  for (const { title, actions, at, expected } of MOMENTS) {
    describe(title, () => {
      it.each(Object.keys(EXITS) as ExitName[])('is told truly when %s', async (name) => {
        const house = openHouse();
        const id = house.add();
        await play(house, id, actions.slice(0, -1));
        house.engine.script.before[at] = (machine) => machine.end(EXITS[name]);
        await play(house, id, actions.slice(-1)).catch(() => undefined);
        await house.reaches(id, 'PoweredOff', 'Saved', 'Aborted', 'AbortedSaved');
        expect(house.state(id)).toBe(expected[name]);
        assertTrue(house, id);
      });

      it('can be started again afterwards', async () => {
        const house = openHouse();
        const id = house.add();
        await play(house, id, actions.slice(0, -1));
        house.engine.script.before[at] = (machine) => machine.end(EXITS['the engine is killed']);
        await play(house, id, actions.slice(-1)).catch(() => undefined);
        await house.reaches(id, 'PoweredOff', 'Saved', 'Aborted', 'AbortedSaved');
        house.engine.script.before = {};
        expect((await house.runner.start(id)).state).toBe('Running');
      });
    });
  }

  it.each(['Running', 'Paused', 'Stuck'] as const)('out of the blue while it is %s', async (state) => {
    for (const name of Object.keys(EXITS) as ExitName[]) {
      const house = openHouse();
      const id = house.add();
      await house.runner.start(id);
      if (state === 'Paused') await house.runner.pause(id);
      if (state === 'Stuck') house.process(id).suffer({ state: 'Stuck', reason: 'guestPanic', detail: 'panic' });
      await house.reaches(id, state);
      house.process(id).end(EXITS[name]);
      await house.reaches(id, 'PoweredOff', 'Aborted');
      expect(house.state(id)).toBe(PLAIN[name]);
      assertTrue(house, id);
    }
  });

  it('keeps the sentence that says how the engine crashed', async () => {
    const house = openHouse();
    const id = house.add();
    await house.runner.start(id);
    house.process(id).end(EXITS['the engine crashes']);
    expect((await house.reaches(id, 'Aborted')).reasonDetail).toBe('segmentation fault');
  });

  it('refuses the action under which it ended by the state it is in now', async () => {
    const house = openHouse();
    const id = house.add({ name: 'web' });
    await house.runner.start(id);
    house.engine.script.before.pause = (machine) => machine.end(EXITS['the guest shuts down']);
    await expect(house.runner.pause(id)).rejects.toMatchObject({
      code: 'INVALID_STATE',
      message: "Cannot pause 'web' because it is not running (machine state: Powered Off).",
    });
  });
});
