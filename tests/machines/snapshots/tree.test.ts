import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MachineId } from '../../../src/shared/model/machine.ts';
import { addMachineWithDisk, openDiskHouse } from '../../support/disk-house.ts';
import { BLOCKS, diskOf, readDisk, writeDisk } from '../../support/disk-images.ts';

type Step =
  | { kind: 'write'; block: number; byte: number }
  | { kind: 'take' }
  | { kind: 'restore' | 'delete' | 'linked' | 'full'; pick: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('write' as const), block: fc.nat(BLOCKS - 1), byte: fc.nat(255) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('take' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('restore' as const, 'delete' as const), pick: fc.nat(9) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('linked' as const, 'full' as const), pick: fc.nat(9) }) },
);

const write = (block: number): Step => ({ kind: 'write', block, byte: 100 + block });

/** Merges in both directions, which not every set of random cases comes to. */
const EXAMPLES: [Step[]][] = [
  [[{ kind: 'take' }, write(0), { kind: 'delete', pick: 0 }]],
  [[{ kind: 'take' }, write(0), { kind: 'take' }, ...[1, 2, 3].map(write), { kind: 'delete', pick: 1 }]],
];

describe('a tree of snapshots', () => {
  it('keeps the content of every snapshot and every clone, whatever is taken, restored, deleted and cloned', async () => {
    const steppedOn = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 22 }), async (steps) => {
        const house = openDiskHouse({ atStep: (name) => steppedOn.add(name) });
        const id = await addMachineWithDisk(house);
        let present = new Array<number>(BLOCKS).fill(0);
        const kept = new Map<string, number[]>();
        const clones = new Map<MachineId, number[]>();
        for (const [number, each] of steps.entries()) {
          const list = house.snapshots.list('web');
          const picked = 'pick' in each ? list[each.pick % Math.max(1, list.length)] : undefined;
          if (each.kind === 'write') {
            await writeDisk(house, diskOf(house.get(id)), each.block, each.byte);
            present = present.with(each.block, each.byte);
          } else if (each.kind === 'take') {
            const taken = await house.snapshots.take('web', { description: '', withMemory: true });
            kept.set(taken.id, present);
          } else if (each.kind === 'linked' || each.kind === 'full') {
            const clone = await house.snapshots.clone('web', {
              name: `clone ${number}`,
              kind: each.kind,
              snapshot: picked?.id,
            });
            const content = picked ? (kept.get(picked.id) ?? []) : present;
            await writeDisk(house, diskOf(clone), 0, number);
            clones.set(clone.id, content.with(0, number));
            for (const added of house.snapshots.list('web')) if (!kept.has(added.id)) kept.set(added.id, present);
          } else if (picked && each.kind === 'restore') {
            await house.snapshots.restore('web', picked.id, { takesCurrentFirst: false });
            present = kept.get(picked.id) ?? [];
          } else if (picked) {
            const refused = await house.snapshots.remove('web', picked.id).then(
              () => undefined,
              (error: { code: string }) => error.code,
            );
            if (refused === undefined) kept.delete(picked.id);
            else expect(refused).toBe('MEDIUM_IN_USE');
          }
          expect(house.get(id).state).toBe('PoweredOff');
          expect(await readDisk(house, diskOf(house.get(id)))).toEqual(present);
          const now = house.snapshots.list('web');
          expect(now.map((snapshot) => snapshot.id).sort()).toEqual([...kept.keys()].sort());
          for (const snapshot of now) expect(await readDisk(house, diskOf(snapshot))).toEqual(kept.get(snapshot.id));
          for (const [clone, content] of clones)
            expect(await readDisk(house, diskOf(house.get(clone)))).toEqual(content);
          const ids = new Set(now.map((snapshot) => snapshot.id));
          for (const { parentId } of now) expect(parentId === null || ids.has(parentId)).toBe(true);
        }
        const known = house.media.records().map(({ location }) => location);
        const folder = join(house.paths.machineFolder(id), 'snapshots');
        const files = kept.size > 0 || known.some((file) => file.startsWith(folder)) ? readdirSync(folder) : [];
        expect(files.filter((name) => !known.includes(join(folder, name)))).toEqual([]);
      }),
      { numRuns: 40, examples: EXAMPLES },
    );
    expect([...steppedOn]).toEqual(expect.arrayContaining(['merge: copied down', 'merge: copied up']));
  }, 120_000);
});
