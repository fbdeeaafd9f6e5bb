import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BROADCAST, macOf, makeFrame } from './frames.ts';
import { type RigMachine, SwitchRig } from './switch-rig.ts';

const machines = fc.array(
  fc.record({
    network: fc.nat({ max: 2 }),
    promiscuous: fc.constantFrom('deny' as const, 'allowMachines' as const, 'allowAll' as const),
    profile: fc.constantFrom('open' as const, 'standard' as const, 'offline' as const, 'quarantine' as const),
  }),
  { minLength: 2, maxLength: 10 },
);
const steps = fc.array(
  fc.record({
    sender: fc.nat({ max: 9 }),
    to: fc.oneof(fc.nat({ max: 12 }), fc.constant('all' as const)),
    /** Mostly itself; at times somebody else, or nobody who is there. */
    claims: fc.option(fc.nat({ max: 12 }), { freq: 4 }),
  }),
  { maxLength: 60 },
);

type ValueOf<A> = A extends fc.Arbitrary<infer V> ? V : never;

/** Every frame carries the number of its sender and its own. */
function play(isolatesPorts: boolean, plan: ValueOf<typeof machines>, script: ValueOf<typeof steps>) {
  const rigs = [0, 1, 2].map(() => new SwitchRig({ isolatesPorts }));
  const all = plan.map(({ network, ...settings }, index) => (rigs[network] as SwitchRig).machine(index, settings));
  for (const [number, { sender, to, claims }] of script.entries()) {
    const from = sender % all.length;
    const content = Buffer.from([from, number]);
    const target = to === 'all' ? BROADCAST : macOf(to);
    (all[from] as RigMachine).send(makeFrame({ from: macOf(claims ?? from), to: target, content }));
  }
  return all.flatMap((machine, receiver) =>
    machine.received.map((frame) => ({ receiver, sender: frame[14] ?? -1, number: frame[15] ?? -1 })),
  );
}

describe('networks', () => {
  it('never pass a frame to a machine of another network', () => {
    fc.assert(
      fc.property(machines, steps, (plan, script) => {
        for (const { receiver, sender } of play(false, plan, script)) {
          expect(plan[receiver]?.network).toBe(plan[sender]?.network);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('deliver each frame at most once to each machine, and never to its sender', () => {
    fc.assert(
      fc.property(machines, steps, (plan, script) => {
        const deliveries = play(false, plan, script);
        for (const { receiver, sender } of deliveries) expect(receiver).not.toBe(sender);
        const names = deliveries.map(({ receiver, number }) => `${receiver}/${number}`);
        expect(new Set(names).size).toBe(names.length);
      }),
      { numRuns: 500 },
    );
  });

  it('with isolated ports pass no frame between machines at all', () => {
    fc.assert(
      fc.property(machines, steps, (plan, script) => {
        expect(play(true, plan, script)).toEqual([]);
      }),
    );
  });

  it('pass on what an honest machine sends to another of its network, whatever the rest does', () => {
    fc.assert(
      fc.property(machines, steps, (plan, script) => {
        const got = new Set(play(false, plan, script).map(({ receiver, number }) => `${receiver}/${number}`));
        for (const [number, { sender, to, claims }] of script.entries()) {
          const from = sender % plan.length;
          const [source, target] = [plan[from], to === 'all' ? undefined : plan[to]];
          if (claims !== null || !source || !target || to === from || source.network !== target.network) continue;
          if (source.profile === 'quarantine' || target.profile === 'quarantine') continue;
          expect(got.has(`${to}/${number}`)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});
