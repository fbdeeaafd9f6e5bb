import { describe, expect, it } from 'vitest';
import { apply, EMPTY_WORLD } from '../../src/renderer/store.ts';
import { aMachine } from './a-machine.ts';

const snapshot = (...machines: ReturnType<typeof aMachine>[]) =>
  apply(EMPTY_WORLD, { kind: 'snapshot', machines, media: [], snapshots: [], pools: [], networks: [], tasks: [] });

describe('the world of the window', () => {
  it('is what the snapshot says, whatever was known before', () => {
    const old = snapshot(aMachine({ name: 'old' }));
    const fresh = aMachine({ name: 'fresh' });
    const world = apply(old, {
      kind: 'snapshot',
      machines: [fresh],
      media: [],
      snapshots: [],
      pools: [],
      networks: [],
      tasks: [],
    });
    expect(world.isLoaded).toBe(true);
    expect([...world.machines.values()]).toEqual([fresh]);
  });

  it('replaces one machine and leaves the others and the media as they were', () => {
    const [web, mail] = [aMachine({ name: 'web' }), aMachine({ name: 'mail' })];
    const before = snapshot(web, mail);
    const after = apply(before, { kind: 'machineChanged', machine: { ...web, state: 'Running' } });
    expect(after.machines.get(web.id)?.state).toBe('Running');
    expect(after.machines.get(mail.id)).toBe(mail);
    expect(after.media).toBe(before.media);
    expect(before.machines.get(web.id)?.state).toBe('PoweredOff');
  });

  it('adds a machine that it has not heard of', () => {
    const machine = aMachine();
    expect(apply(snapshot(), { kind: 'machineChanged', machine }).machines.get(machine.id)).toBe(machine);
  });

  it('forgets a removed machine, and a removal of what it does not know changes nothing', () => {
    const machine = aMachine();
    const world = apply(snapshot(machine), { kind: 'machineRemoved', id: machine.id });
    expect(world.machines.size).toBe(0);
    expect(apply(world, { kind: 'machineRemoved', id: machine.id }).machines.size).toBe(0);
  });
});
