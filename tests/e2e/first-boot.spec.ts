import { expect } from '@playwright/test';
import { GUEST_READY, SerialConsole } from '../support/serial-console.ts';
import { litShare, picture, test, typeKeys } from './app.ts';

test('New → Start → the prompt on the canvas → typing → Save State → Start again → Power Off', async ({
  page,
  app,
}) => {
  await expect(page.getByRole('button', { name: 'Start the demo machine' })).toBeVisible();
  await picture(page, '01-welcome');

  await page
    .getByRole('button', { name: 'New machine' })
    .or(page.getByRole('button', { name: 'Create a machine' }))
    .first()
    .click();
  const dialog = page.getByRole('dialog', { name: 'New machine' });
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Lantern');
  await dialog.getByRole('radio', { name: /Demo/ }).click();
  await picture(page, '02-new-machine');
  const startAtOnce = dialog.getByRole('checkbox', { name: 'Start at once' });
  if (await startAtOnce.isChecked()) await startAtOnce.uncheck();
  await dialog.getByRole('button', { name: 'Create' }).click();
  await expect(dialog).toBeHidden();
  await picture(page, '03-details');

  const toolbar = page.getByRole('toolbar').first();
  await toolbar.getByRole('button', { name: 'Start' }).click();
  const canvas = page.locator('canvas').first();
  await expect(canvas).toBeVisible();
  await using serial = new SerialConsole(await app.connection.openChannel('Lantern', 'serial'));
  await serial.expect(GUEST_READY);
  await serial.expect('# ');
  await expect.poll(() => litShare(canvas)).toBeGreaterThan(0.01);

  await canvas.click();
  await typeKeys(page, 'echo "window says $((6 * 7))" | tee /dev/ttyS0\n');
  await serial.expect('window says 42');
  await picture(page, '04-console');
  await page.keyboard.press('ControlRight');

  await toolbar.getByRole('button', { name: 'Stop' }).click();
  await page.getByRole('menuitem', { name: 'Save State' }).click();
  const row = page.getByRole('treeitem', { name: /Lantern/ });
  await expect(row).toContainText('Saved');
  await picture(page, '05-saved');

  await toolbar.getByRole('button', { name: 'Start' }).click();
  await expect(row).toContainText('Running');
  await using restored = new SerialConsole(await app.connection.openChannel('Lantern', 'serial'));
  expect(await restored.run('echo awake')).toBe('awake');
  await picture(page, '06-restored');

  await toolbar.getByRole('button', { name: 'Stop' }).click();
  await page.getByRole('menuitem', { name: 'Power Off' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Power Off' }).click();
  await expect(row).toContainText('Powered Off');
  await picture(page, '07-powered-off');
});
