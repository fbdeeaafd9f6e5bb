import { expect, it } from 'vitest';
import { FREE_OF_CHARGE } from '../../src/shared/model/price.ts';
import { type FakeCore, openFakeCore } from '../support/fake-core.ts';

const tasksOf = async ({ client }: FakeCore, title: RegExp) =>
  (await client.task.list({})).filter((task) => title.test(task.title));

/** A fake machine works a tenth of a second in each look at it: its budget is gone with the first. */
async function openPricedCore() {
  const core = await openFakeCore();
  await core.add('web', { memoryMiB: 512 });
  await core.client.usage.setPrices({ prices: { ...FREE_OF_CHARGE, processorHourMicros: 3_600_000_000 } });
  await core.client.machine.start({ machine: 'web' });
  await expect.poll(async () => (await core.client.usage.report({})).total.costMicros, { timeout: 10_000 }).not.toBe(0);
  return core;
}

const budget = { subject: 'machine', of: 'web', amountMicros: 1 } as const;

it('saves a machine whose budget is used up, and says so', async () => {
  const core = await openPricedCore();
  const { level } = await core.client.usage.setBudget({ ...budget, savesAtLimit: true });
  expect(level).toBe('over');
  expect((await core.reaches('web', 'Saved')).state).toBe('Saved');
  await expect
    .poll(() => tasksOf(core, /^Saving the state of 'web', as the budget/))
    .toMatchObject([{ status: 'done' }]);
  expect(await tasksOf(core, /^'web' has used \d+ % of its budget/)).toMatchObject([{ status: 'done' }]);
});

it('only says so when it is not to save', async () => {
  const core = await openPricedCore();
  const { budget: set } = await core.client.usage.setBudget(budget);
  await expect.poll(() => tasksOf(core, /has used \d+ % of its budget/)).toMatchObject([{ status: 'done' }]);
  expect(await core.state('web')).toBe('Running');
  await core.client.usage.removeBudget({ id: set.id });
  expect(await core.client.usage.budgets({})).toEqual([]);
});
