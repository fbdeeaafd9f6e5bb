import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeAside } from '../../src/main/media/new-file.ts';
import { sweepAsides } from '../../src/main/media/sweep-asides.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

it('deletes what a copy that was cut off has left, and nothing else', async () => {
  const folder = makeTempFolder();
  const kept = ['disk.qcow2', '.hidden', '.disk.new', 'disk.12345678.new'];
  for (const name of kept) writeFileSync(join(folder, name), 'kept');
  await makeAside(join(folder, 'copy.qcow2'), async (aside) => {
    writeFileSync(aside, 'half');
    expect(readdirSync(folder)).toHaveLength(kept.length + 1);
    await sweepAsides([folder, join(folder, 'missing')]);
  });
  expect(readdirSync(folder).sort()).toEqual([...kept].sort());
});
