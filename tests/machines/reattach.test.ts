import { existsSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Exit, SessionStatus } from '../../src/main/engines/engine.ts';
import { hangs } from '../../src/main/engines/fake/fake-script.ts';
import { resolveSpec } from '../../src/main/machines/start/start-spec.ts';
import type { MachineState } from '../../src/shared/machine-state.ts';
import type { MachineId } from '../../src/shared/model/machine.ts';
import { type House, openHouse } from '../support/fake-house.ts';

/** What became of the process while no program looked. */
type Process = 'runs' | 'stands' | 'gone' | 'never written down' | Exit['kind'] | SessionStatus;
/** The file of the saved state. */
type File = 'none' | 'whole' | 'unfinished';

interface Left {
  state: MachineState;
  process: Process;
  file?: File;
  expected: string;
  keepsFile?: boolean;
}

const ioError: SessionStatus = { state: 'Paused', reason: 'ioError', detail: 'disk full' };
const panic: SessionStatus = { state: 'Stuck', reason: 'guestPanic', detail: 'panic' };

const TABLE: Left[] = [
  { state: 'Running', process: 'runs', expected: 'Running takenBack' },
  { state: 'Running', process: 'stands', expected: 'Paused takenBack' },
  { state: 'Running', process: ioError, expected: 'Paused ioError' },
  { state: 'Running', process: panic, expected: 'Stuck guestPanic' },
  { state: 'Running', process: 'guestShutdown', expected: 'PoweredOff guestShutdown' },
  { state: 'Running', process: 'powerOff', expected: 'PoweredOff powerOff' },
  { state: 'Running', process: 'gone', expected: 'Aborted engineKilled' },
  { state: 'Paused', process: 'stands', expected: 'Paused takenBack' },
  { state: 'Paused', process: 'runs', expected: 'Running takenBack' },
  { state: 'Paused', process: 'gone', expected: 'Aborted engineKilled' },
  { state: 'Stuck', process: 'runs', expected: 'Running takenBack' },
  { state: 'Stuck', process: 'gone', expected: 'Aborted engineKilled' },
  { state: 'Starting', process: 'runs', expected: 'Running takenBack' },
  { state: 'Starting', process: 'stands', expected: 'PoweredOff startFailed' },
  { state: 'Starting', process: 'gone', expected: 'Aborted engineKilled' },
  { state: 'Starting', process: 'never written down', expected: 'PoweredOff startFailed' },
  { state: 'Restoring', process: 'runs', file: 'whole', expected: 'Running takenBack' },
  { state: 'Restoring', process: 'stands', file: 'whole', expected: 'Saved restoreFailed', keepsFile: true },
  { state: 'Restoring', process: 'gone', file: 'whole', expected: 'AbortedSaved engineKilled', keepsFile: true },
  { state: 'Starting', process: 'powerOff', expected: 'PoweredOff startFailed' },
  { state: 'Restoring', process: 'powerOff', file: 'whole', expected: 'Saved restoreFailed', keepsFile: true },
  {
    state: 'Restoring',
    process: 'never written down',
    file: 'whole',
    expected: 'Saved restoreFailed',
    keepsFile: true,
  },
  { state: 'Saving', process: 'stands', file: 'whole', expected: 'Saved saved', keepsFile: true },
  { state: 'Saving', process: 'gone', file: 'whole', expected: 'Saved saved', keepsFile: true },
  { state: 'Saving', process: 'powerOff', file: 'whole', expected: 'Saved saved', keepsFile: true },
  { state: 'Saving', process: 'runs', file: 'whole', expected: 'Running takenBack' },
  { state: 'Saving', process: 'runs', file: 'unfinished', expected: 'Running takenBack' },
  { state: 'Saving', process: 'stands', file: 'unfinished', expected: 'Paused takenBack' },
  { state: 'Saving', process: 'gone', file: 'unfinished', expected: 'Aborted engineKilled' },
  { state: 'Stopping', process: 'runs', expected: 'PoweredOff powerOff' },
  { state: 'Stopping', process: 'powerOff', expected: 'PoweredOff powerOff' },
  { state: 'Stopping', process: 'gone', expected: 'Aborted engineKilled' },
  { state: 'Stopping', process: 'stands', file: 'whole', expected: 'Saved cancelled', keepsFile: true },
];

const FILE = 'saved-0123abcd.state';

/** Makes a machine as a program that was killed left it behind. */
async function leave(house: House, { state, process, file = 'none' }: Left): Promise<MachineId> {
  const savedStateFile = file === 'none' ? null : FILE;
  const id = house.add(
    { storage: [] },
    { state, reason: 'user', savedStateFile, stateSince: '2026-03-01T12:00:00.000Z' },
  );
  if (file === 'whole') writeFileSync(join(house.paths.machineFolder(id), FILE), '{"counterMs":7}');
  if (process === 'never written down') return id;
  const spec = await resolveSpec(house.deps, id, house.get(id).config);
  await mkdir(spec.folders.logs, { recursive: true });
  const session = await house.engine.start(spec, { signal: new AbortController().signal });
  house.table.update(id, { runtime: session.runtime });
  const machine = house.process(id);
  if (process === 'stands') machine.stand();
  else if (process === 'gone') machine.end({ kind: 'crashed', reason: 'engineKilled', detail: 'killed' });
  else if (process === 'guestShutdown' || process === 'powerOff') machine.end({ kind: process });
  else if (typeof process === 'object') machine.status = process;
  await session[Symbol.asyncDispose]();
  return id;
}

const nameOf = ({ state, process, file = 'none' }: Left) =>
  `${state}, process ${typeof process === 'object' ? process.state : process}, file ${file}`;

describe('a machine that an earlier program left behind', () => {
  it.each(TABLE.map((left) => [nameOf(left), left] as const))('%s', async (_, left) => {
    const house = openHouse();
    const id = await leave(house, left);
    await house.runner.open();
    expect(house.state(id)).toBe(left.expected);
    const record = house.get(id);
    expect(record.savedStateFile).toBe(left.keepsFile ? FILE : null);
    expect(existsSync(join(house.paths.machineFolder(id), FILE))).toBe(left.keepsFile ?? false);
    const isOnline = ['Running', 'Paused', 'Stuck'].includes(record.state);
    expect(record.runtime !== null).toBe(isOnline);
    expect(house.world.size).toBe(isOnline ? 1 : 0);
  });

  it('can be worked with as before', async () => {
    const house = openHouse();
    const id = await leave(house, { state: 'Running', process: 'runs', expected: '' });
    await house.runner.open();
    await house.runner.pause(id);
    expect(house.state(id)).toBe('Paused user');
    house.process(id).end({ kind: 'guestShutdown' });
    await house.reaches(id, 'PoweredOff');
  });

  it('was ended by the restart of the host when that came later', async () => {
    const house = openHouse({ bootedAt: () => new Date('2026-03-02T00:00:00Z') });
    const id = await leave(house, { state: 'Running', process: 'gone', expected: '' });
    await house.runner.open();
    expect(house.state(id)).toBe('Aborted hostRestarted');
  });

  it('is stuck when its process lives and does not answer, and recovers', async () => {
    const house = openHouse();
    const id = await leave(house, { state: 'Running', process: 'runs', expected: '' });
    house.engine.script.before.status = hangs();
    await house.runner.open();
    expect(house.state(id)).toBe('Stuck engineHangs');
    house.engine.script.before = {};
    house.process(id).suffer({ state: 'Running' });
    await house.reaches(id, 'Running');
  });

  it('does not hold up the start of the program when it hangs, and is stuck when its time is up', async () => {
    const house = openHouse();
    const hanging = await leave(house, { state: 'Running', process: 'runs', expected: '' });
    const sound = await leave(house, { state: 'Running', process: 'runs', expected: '' });
    const released = Promise.withResolvers<void>();
    house.engine.script.before.attach = async (machine) => {
      if (machine.spec.machineId === hanging) await released.promise;
    };
    await house.runner.open();
    expect(house.state(sound)).toBe('Running takenBack');
    house.engine.script.before.status = hangs();
    released.resolve();
    await house.reaches(hanging, 'Stuck');
    house.engine.script.before = {};
    expect((await house.runner.powerOff(hanging)).state).toBe('PoweredOff');
  });

  it('can be powered off while it hangs', async () => {
    const house = openHouse();
    const id = await leave(house, { state: 'Running', process: 'runs', expected: '' });
    const asked = Promise.withResolvers<void>();
    house.engine.script.before.status = () => {
      asked.resolve();
      return new Promise(() => undefined);
    };
    await house.runner.open();
    await asked.promise;
    expect((await house.runner.powerOff(id)).state).toBe('PoweredOff');
  });

  it('is left as it is when the program ends while it hangs', async () => {
    const house = openHouse();
    const id = await leave(house, { state: 'Running', process: 'runs', expected: '' });
    house.engine.script.before.attach = () => new Promise(() => undefined);
    await house.runner.open();
    await house.runner.close();
    expect(house.get(id).state).toBe('Running');
    expect(house.world.size).toBe(1);
  });

  it('leaves no unfinished state behind, when no save is under way', async () => {
    const house = openHouse();
    const id = await leave(house, { state: 'Running', process: 'gone', expected: '' });
    const other = house.add({ name: 'other', storage: [] }, { state: 'PoweredOff', reason: 'user' });
    const parts = [id, other].map((each) => join(house.paths.machineFolder(each), `${FILE}.part`));
    const stranger = join(house.paths.machineFolder(other), 'notes.part');
    for (const file of [...parts, stranger]) writeFileSync(file, 'half');
    await house.runner.open();
    expect([...parts, stranger].filter(existsSync)).toEqual([stranger]);
  });

  it('does not hold the others up when it cannot be taken back', async () => {
    const house = openHouse();
    const broken = await leave(house, { state: 'Running', process: 'runs', expected: '' });
    const sound = await leave(house, { state: 'Running', process: 'runs', expected: '' });
    house.engine.script.before.attach = (machine) => {
      if (machine.spec.machineId === broken) machine.end({ kind: 'crashed', reason: 'engineCrashed', detail: 'gone' });
    };
    await house.runner.open();
    expect(house.state(broken)).toBe('Aborted engineKilled');
    expect(house.state(sound)).toBe('Running takenBack');
  });

  it('has an unwritten process of its start ended', async () => {
    const ended: string[] = [];
    const house = openHouse({ endLeftover: async (folder) => void ended.push(folder) });
    const id = await leave(house, { state: 'Starting', process: 'never written down', expected: '' });
    await house.runner.open();
    expect(ended).toEqual([house.paths.machineRuntimeFolder(id)]);
  });
});
