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
