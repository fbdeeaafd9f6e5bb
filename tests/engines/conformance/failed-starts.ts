import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { type EngineUnderTest, isThere, MachineBench } from './machine-bench.ts';

/** Starts that come to nothing, and leave nothing. */
export function describeFailedStarts(subject: EngineUnderTest, keptState: () => string): void {
  async function expectFailure(
    make: (bench: MachineBench) => Promise<Partial<Parameters<typeof MachineBench.prototype.spec>[0]>>,
    code: string,
    signal: (abort: AbortController) => void = () => undefined,
  ): Promise<void> {
    const bench = await MachineBench.forTest(subject);
    const spec = await bench.spec(await make(bench));
    const abort = new AbortController();
    const starting = subject.makeEngine().start(spec, { signal: abort.signal });
    signal(abort);
    await expect(starting).rejects.toMatchObject({ code });
    expect(await subject.hasProcess(spec.folders.runtime)).toBe(false);
    expect(await isThere(spec.folders.runtime)).toBe(false);
  }

  it('names a missing file and leaves nothing', async () => {
    const kernel = { kernelPath: '/no/such/kernel', initrdPath: null, commandLine: '' };
    await expectFailure(async () => ({ kernel }), 'FILE_NOT_FOUND');
    await expectFailure(async () => ({ restoreFrom: '/no/such/state' }), 'FILE_NOT_FOUND');
  });

  it('refuses a damaged state and leaves nothing', async () => {
    await expectFailure(async ({ folder }) => {
      const restoreFrom = path.join(folder, 'damaged.state');
      await writeFile(restoreFrom, 'this is no state');
      return { restoreFrom };
    }, 'ENGINE_FAILED');
  });

  it('does not start when it is cancelled before', async () => {
    const bench = await MachineBench.forTest(subject);
    const spec = await bench.spec();
    const starting = subject.makeEngine().start(spec, { signal: AbortSignal.abort() });
    await expect(starting).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await isThere(spec.folders.runtime)).toBe(false);
  });

  it('leaves nothing when it is cancelled under way', async () => {
    await expectFailure(
      async () => ({}),
      'CANCELLED',
      (abort) => abort.abort(),
    );
    await expectFailure(
      async () => ({ restoreFrom: keptState() }),
      'CANCELLED',
      (abort) => abort.abort(),
    );
  });
}
