import { expect } from '@playwright/test';
import { picture, test } from './app.ts';

test('the activity page shows what host and machines do', async ({ page, app }) => {
  const { client } = app.connection;
  for (const name of ['web', 'mail', 'lab']) {
    await client.machine.create({ name, isDemo: true, memoryMiB: 96, engine: 'embedded' });
  }
  for (const name of ['web', 'mail']) await client.machine.start({ machine: name });

  await page.getByRole('button', { name: 'Activity' }).click();
  const table = page.getByRole('table', { name: 'Machines and what they use' });
  const row = (name: string) => table.getByRole('row', { name });
  await expect(row('web')).toContainText('96 MiB');
  await expect(row('lab')).toContainText('–');
  await expect(page.getByRole('region', { name: 'Memory' })).toContainText('192 MiB promised');
  await expect(page.getByRole('region', { name: 'Who uses the host' }).locator('.recharts-area')).toHaveCount(2);

  await table.getByRole('button', { name: 'Machine' }).click();
  await expect(table.getByRole('columnheader', { name: 'Machine' })).toHaveAttribute('aria-sort', 'ascending');
  await expect(table.getByRole('row').nth(1)).toContainText('lab');
  await picture(page, 'activity-light');
  await page.emulateMedia({ colorScheme: 'dark' });
  await picture(page, 'activity-dark');

  await row('mail').getByRole('button', { name: 'mail' }).click();
  await expect(page.getByRole('heading', { name: 'mail' })).toBeVisible();
});

test('pools share the host out, and claims are tried before they are saved', async ({ page, app }) => {
  const { client } = app.connection;
  for (const name of ['web', 'mail']) await client.machine.create({ name, isDemo: true, engine: 'embedded' });
  await expect(page.getByText('mail')).toBeVisible();
  await page.keyboard.press('Control+i');
  await page.getByRole('tab', { name: 'Pools' }).click();
  const tree = page.getByRole('treegrid', { name: 'Pools and machines' });

  await page.getByRole('button', { name: 'New pool' }).click();
  await page.getByLabel('Name').fill('Lab');
  await page.keyboard.press('Enter');
  const pool = tree.getByRole('row', { name: 'Lab' });
  await expect(pool).toHaveAttribute('aria-selected', 'true');

  await tree.getByRole('row', { name: 'web' }).dragTo(pool);
  await expect(tree.getByRole('row', { name: 'web' })).toHaveAttribute('aria-level', '3');

  const given = () => tree.getByRole('row', { name: 'web' }).getByRole('gridcell').nth(3).innerText();
  const before = Number(await given());
  const claims = page.getByRole('region', { name: 'Claims of Lab' });
  await claims.getByRole('slider', { name: 'Processor limit' }).press('Home');
  for (let step = 0; step < 5; step += 1)
    await claims.getByRole('slider', { name: 'Processor limit' }).press('ArrowRight');
  await expect.poll(async () => Number(await given())).toBeLessThan(before / 2);
  expect((await client.pool.list({}))[0]?.processor.limit).toBeNull();
  await picture(page, 'pools');
  await claims.getByRole('button', { name: 'Save claims' }).click();
  await expect(claims.getByRole('button', { name: 'Save claims' })).toBeDisabled();
  expect((await client.pool.list({}))[0]?.processor.limit).toBe(0.3);

  await page.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('button', { name: 'Remove pool' }).click();
  await expect(pool).toHaveCount(0);
  await expect(tree.getByRole('row', { name: 'web' })).toHaveAttribute('aria-level', '2');
});

test('usage is metered, priced by the own list and budgeted; history is drawn', async ({ page, app }) => {
  const { client } = app.connection;
  await client.machine.create({ name: 'web', isDemo: true, engine: 'embedded' });
  await client.machine.start({ machine: 'web' });
  await page.getByRole('button', { name: 'Activity' }).click();

  await page.getByRole('tab', { name: 'Usage' }).click();
  await page.getByRole('button', { name: 'Prices' }).click();
  await page.getByLabel('Processor, per hour really used').fill('36');
  await page.getByRole('button', { name: 'Save prices' }).click();
  const line = page.getByRole('table').getByRole('row', { name: 'web' });
  await expect(line).toContainText(/0\.0\d+ EUR/);
  await page.getByRole('button', { name: 'Add budget' }).click();
  await page.getByRole('combobox', { name: 'For' }).fill('web');
  await page.getByRole('option', { name: 'web' }).click();
  await page.getByLabel('Amount per month').fill('1.50');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(page.getByRole('region', { name: 'Budgets' })).toContainText('of 1.50 EUR');
  await picture(page, 'usage');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export' }).click();
  await page.getByRole('menuitem', { name: 'CSV' }).click();
  expect((await download).suggestedFilename()).toMatch(/\.csv$/);

  await page.getByRole('tab', { name: 'History' }).click();
  await page.getByRole('combobox', { name: 'Whose history' }).click();
  await page.getByRole('option', { name: 'web' }).click();
  await expect(page.getByRole('region', { name: 'Processors' }).locator('.recharts-line')).toHaveCount(2);
  await picture(page, 'history');

  await page.getByRole('tab', { name: 'Advice' }).click();
  await expect(page.getByRole('region', { name: 'Room for more' }).getByRole('status')).toContainText(/\d+ more/);
  await picture(page, 'advice');
});
