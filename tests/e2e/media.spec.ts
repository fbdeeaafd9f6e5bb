import { rename } from 'node:fs/promises';
import path from 'node:path';
import { expect } from '@playwright/test';
import { picture, test } from './app.ts';

const MIB = 1024 ** 2;

test('a disk: create → copy to another format → check → attach → release → gone and found → remove', async ({
  page,
  app,
}) => {
  const { client } = app.connection;
  await client.machine.create({ name: 'Lantern', isDemo: true });
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Media Manager' }).click();
  await page.getByRole('button', { name: 'Create a disk' }).click();

  const creating = page.getByRole('dialog', { name: 'Create a disk' });
  await creating.getByRole('textbox', { name: 'Name' }).fill('data');
  await creating.getByRole('textbox', { name: 'Size' }).fill('1');
  await creating.getByRole('button', { name: 'Create' }).click();
  await expect(creating).toBeHidden();
  const row = page.getByRole('row', { name: 'data.qcow2' });
  await expect(row).toHaveAttribute('aria-selected', 'true');
  await expect(row).toContainText('QCOW2');
  const [disk] = await client.medium.list({});
  if (disk === undefined) throw new Error('The disk is not known.');
  expect(disk).toMatchObject({ format: 'qcow2', virtualSizeBytes: 1024 * MIB });

  const toolbar = page.getByRole('toolbar', { name: 'Media' });
  await toolbar.getByRole('button', { name: 'Copy' }).click();
  const copying = page.getByRole('dialog', { name: "Copy 'data.qcow2'" });
  await copying.getByRole('combobox', { name: 'Format' }).click();
  await page.getByRole('option', { name: 'VDI' }).click();
  await picture(page, '10-media-copy');
  await copying.getByRole('button', { name: 'Copy', exact: true }).click();
  await expect(page.getByRole('row', { name: 'data copy.vdi' })).toContainText('VDI');
  await picture(page, '11-media');

  await toolbar.getByRole('button', { name: 'Check' }).click();
  const checking = page.getByRole('dialog', { name: /^Check of/ });
  await expect(checking.getByRole('status', { name: 'Result of the check' })).toContainText('No errors');
  await checking.getByRole('button', { name: 'Close' }).last().click();

  await client.medium.attach({ id: disk.id, machine: 'Lantern' });
  await expect(row).toContainText('Lantern');
  await row.click();
  await expect(toolbar.getByRole('button', { name: 'Remove' })).toHaveAttribute('aria-disabled', 'true');
  await toolbar.getByRole('button', { name: 'Release' }).click();
  await page
    .getByRole('dialog', { name: /^Release/ })
    .getByRole('button', { name: 'Release' })
    .click();
  await expect(row).toContainText('Not attached');

  const moved = path.join(app.home, 'elsewhere.qcow2');
  await rename(disk.location, moved);
  await toolbar.getByRole('button', { name: 'Refresh' }).click();
  const lost = page.getByRole('row', { name: 'data.qcow2, inaccessible' });
  await expect(lost).toBeVisible();
  await picture(page, '12-media-lost');
  await page.getByRole('button', { name: 'Locate the file' }).click();
  const files = page.getByRole('dialog', { name: 'File of data.qcow2' });
  await files.getByRole('textbox', { name: 'Folder' }).fill(app.home);
  await files.getByRole('textbox', { name: 'Folder' }).press('Enter');
  await files.getByRole('option', { name: /elsewhere/ }).click();
  await files.getByRole('button', { name: 'Open' }).click();
  await expect(lost).toBeHidden();

  await toolbar.getByRole('button', { name: 'Remove' }).click();
  const removing = page.getByRole('dialog', { name: /^Remove/ });
  await removing.getByRole('radio', { name: 'Delete the file' }).click();
  await removing.getByRole('button', { name: 'Delete the file' }).click();
  await expect(row).toBeHidden();
  expect((await client.medium.list({})).map(({ name }) => name)).toEqual(['data copy.vdi']);
});
