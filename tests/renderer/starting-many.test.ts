import { describe, expect, it } from 'vitest';
import { fails } from '../../src/main/engines/fake/fake-script.ts';
import { startOrAsk } from '../../src/renderer/admission/start-or-ask.ts';
import { warningNotice } from '../../src/renderer/admission/warning-words.ts';
import { runBulk } from '../../src/renderer/bulk-actions.ts';
import { openedDialog } from '../../src/renderer/dialogs.ts';
import { startGroup, stopGroup } from '../../src/renderer/group-actions.ts';
import { USUAL_RESOURCES, USUAL_START_ORDER } from '../../src/shared/model/resources.ts';
import { openConnectedWindow } from './connected-window.ts';

/** Two of them take the four processors of the fake host; a third is warned of. */
const HALF = { processors: { count: 2, capPercent: 100 }, memoryMiB: 128, group: '/Lab' };
/** More memory than the fake host has. */
const TOO_LARGE = { memoryMiB: 6000, group: '/Lab' };
const later = { resources: { ...USUAL_RESOURCES, startOrder: { ...USUAL_START_ORDER, order: 200 } } };

const shares = (count: number) =>
  `${count} virtual processors share the 4 of this computer: machines that are busy at once slow each other down.`;
const refused = (name: string) =>
  new RegExp(
    `^Cannot start '${name}' because the host is short of .*There is a way: .* Start '${name}' by itself to choose\\.$`,
  );

describe('a machine that is let in with a warning', () => {
  it('is named by the notice', async () => {
    const { addAll, said } = await openConnectedWindow();
    for (const machine of await addAll(['a', 'b', 'c'], HALF)) expect(await startOrAsk(machine)).toBe(true);
    expect(said()).toEqual([{ tone: 'warning', title: "'c' has started with a warning", below: [shares(6)] }]);
  });

  it.each([
    ['one after the other', (machines: Parameters<typeof runBulk>[1]) => runBulk('start', machines)],
    ['as a group', () => startGroup('/Lab')],
  ])('is named beside the others that start with it %s, in one notice', async (_, start) => {
    const { addAll, said } = await openConnectedWindow();
    await start(await addAll(['a', 'b', 'c', 'd'], HALF));
    expect(said().filter(({ tone }) => tone !== 'success')).toEqual([
      { tone: 'warning', title: '2 machines have started with warnings', below: [`'c' and 'd': ${shares(8)}`] },
    ]);
  });

  it('is named alone when the others start without one, and not again when it runs already', async () => {
    const { addAll, said } = await openConnectedWindow();
    await addAll(['a', 'b', 'c'], HALF);
    await startGroup('/Lab');
    await startGroup('/Lab');
    expect(said()).toEqual([{ tone: 'warning', title: "'c' has started with a warning", below: [shares(6)] }]);
  });

  it('is said of by kind, each in the words of the last', () => {
    const [storage, processors] = ['storage', 'processorOvercommit'] as const;
    const warned = (name: string, ...kinds: ('storage' | 'processorOvercommit')[]) => ({
      name,
      warnings: kinds.map((kind) => ({ kind, message: `${kind} as of ${name}.` })),
    });
    expect(warningNotice([warned('a'), warned('b', storage), warned('c', processors, storage), warned('d')])).toEqual({
      title: '2 machines have started with warnings',
      items: [{ text: "'b' and 'c': storage as of c." }, { text: "'c': processorOvercommit as of c." }],
    });
    expect(warningNotice([warned('a', storage, processors)])?.title).toBe("'a' has started with 2 warnings");
    expect(warningNotice([warned('a')])).toBeNull();
  });
});

describe('machines that are started one after the other', () => {
  it('are told in one notice where they are refused, each with cause and cure, and the others go on', async () => {
    const { core, addAll, said } = await openConnectedWindow();
    const [a, c] = await addAll(['a', 'c'], HALF);
    const [b, d] = await addAll(['b', 'd'], TOO_LARGE);
    await runBulk(
      'start',
      [b, a, d, c].flatMap((machine) => machine ?? []),
    );
    expect(await Promise.all(['a', 'b', 'c', 'd'].map(core.state))).toEqual([
      'Running',
      'PoweredOff',
      'Running',
      'PoweredOff',
    ]);
    const [success, failure, ...rest] = said();
    expect(success).toMatchObject({ tone: 'success', title: '2 machines started.' });
    expect(failure).toMatchObject({ tone: 'failure', title: '2 machines not started' });
    expect(failure?.below).toEqual([expect.stringMatching(refused('b')), expect.stringMatching(refused('d'))]);
    expect(rest).toEqual([]);
    expect(openedDialog.get()).toBeNull();
  });

  it('tells one refusal as it tells that of a machine alone, but how to be asked', async () => {
    const { addAll, said } = await openConnectedWindow();
    await runBulk('start', [...(await addAll(['a'], HALF)), ...(await addAll(['b'], TOO_LARGE))]);
    const failure = said().at(-1);
    expect(failure?.title).toMatch(/^Cannot start 'b' because the host is short of /);
    expect(failure?.below).toEqual([expect.stringMatching(/^There is a way: .* Start 'b' by itself to choose\.$/)]);
  });

  it('names the machine of a failure that does not name it, and offers no choice that there is not', async () => {
    const { core, addAll, said } = await openConnectedWindow();
    core.engine.script.before.start = fails();
    await runBulk('start', await addAll(['a', 'b'], HALF));
    expect(said()).toHaveLength(1);
    const [one, two] = said()[0]?.below ?? [];
    expect(one).toContain("'a'");
    expect(two).toContain("'b'");
    expect(`${one} ${two}`).not.toContain('to choose');
  });
});

describe('a group that does not start whole', () => {
  it('tells each refusal with cause and cure, what was warned of, and who was left; the others of the step go on', async () => {
    const { core, addAll, said } = await openConnectedWindow();
    await addAll(['a', 'c', 'e'], HALF);
    await addAll(['b', 'd'], TOO_LARGE);
    await addAll(['web'], { ...HALF, ...later });
    expect(await startGroup('/Lab')).toBe(false);
    expect(await Promise.all(['a', 'c', 'e', 'b', 'web'].map(core.state))).toEqual([
      ...['Running', 'Running', 'Running'],
      ...['PoweredOff', 'PoweredOff'],
    ]);
    const [warning, failure, ...rest] = said();
    expect(warning).toEqual({ tone: 'warning', title: "'e' has started with a warning", below: [shares(6)] });
    expect(failure).toMatchObject({ tone: 'failure', title: "Starting the group '/Lab' failed for 2 machines" });
    expect(failure?.below).toEqual([
      expect.stringMatching(refused('b')),
      expect.stringMatching(refused('d')),
      "'web' comes later in the order and was left as it was.",
    ]);
    expect(rest).toEqual([]);
  });

  it('tells a failure that is of no machine as it is', async () => {
    const { said } = await openConnectedWindow();
    expect(await startGroup('/Nowhere')).toBe(false);
    expect(said()).toMatchObject([{ tone: 'failure', title: "There is no machine in the group '/Nowhere'." }]);
  });

  it('tells who could not be saved', async () => {
    const { core, addAll, said } = await openConnectedWindow();
    await addAll(['a', 'b'], HALF);
    await startGroup('/Lab');
    core.engine.script.before.saveState = fails();
    expect(await stopGroup('/Lab', 'saveState')).toBe(false);
    expect(said()).toMatchObject([{ title: "Saving the group '/Lab' failed for 2 machines" }]);
    expect(said()[0]?.below.map((text) => /'[ab]'/.exec(text)?.[0])).toEqual(["'a'", "'b'"]);
  });
});
