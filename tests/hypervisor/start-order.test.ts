import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isInGroup, type OrderedMachine, startSteps, stopSteps } from '../../src/main/hypervisor/start-order.ts';
import type { MachineId } from '../../src/shared/model/machine.ts';
import { Resources, StartOrder, USUAL_RESOURCES, USUAL_START_ORDER } from '../../src/shared/model/resources.ts';

const machine = (name: string, order: number, group = '/Lab'): OrderedMachine => ({
  id: name as MachineId,
  name,
  group,
  startOrder: { ...USUAL_START_ORDER, order },
});

const namesOf = (steps: readonly (readonly OrderedMachine[])[]) => steps.map((step) => step.map(({ name }) => name));

describe('the steps of a group', () => {
  it('go by order, equal ones together', () => {
    const machines = [machine('web', 20), machine('db', 10), machine('cache', 10)];
    expect(namesOf(startSteps(machines, '/Lab'))).toEqual([['cache', 'db'], ['web']]);
    expect(namesOf(stopSteps(machines, '/Lab'))).toEqual([['web'], ['cache', 'db']]);
  });

  it('take the groups within it, and nothing of a group whose name only begins alike', () => {
    expect(isInGroup('/Lab/Web', '/Lab')).toBe(true);
    expect(isInGroup('/Labour', '/Lab')).toBe(false);
    expect(isInGroup('/', '/Lab')).toBe(false);
    expect(isInGroup('/Lab', '/')).toBe(true);
  });

  it('have every machine of the group once, never one before another of lower order', () => {
    const machines = fc.array(
      fc.record({ order: fc.integer({ min: 0, max: 5 }), group: fc.constantFrom('/', '/Lab', '/Lab/Web', '/Labour') }),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(machines, (drawn) => {
        const all = drawn.map(({ order, group }, index) => machine(`m${index}`, order, group));
        const steps = startSteps(all, '/Lab');
        const orders = steps.flat().map(({ startOrder }) => startOrder.order);
        expect(orders).toEqual([...orders].sort((a, b) => a - b));
        expect(new Set(steps.map(([first]) => first?.startOrder.order)).size).toBe(steps.length);
        const members = all.filter(({ group }) => group === '/Lab' || group === '/Lab/Web');
        expect(new Set(steps.flat())).toEqual(new Set(members));
        expect(steps.flat().length).toBe(members.length);
      }),
    );
  });
});

describe('the start order in the settings', () => {
  it('is the usual one for a machine that was stored before there was one', () => {
    const { startOrder: _, ...old } = USUAL_RESOURCES;
    expect(Resources.parse(old).startOrder).toEqual(USUAL_START_ORDER);
  });

  it('names the port that is waited for', () => {
    expect(StartOrder.safeParse({ waitsFor: 'port' }).success).toBe(false);
    expect(StartOrder.parse({ waitsFor: 'port', port: 80 })).toMatchObject({ order: 100, port: 80 });
  });
});
