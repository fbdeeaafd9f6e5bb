import { expect } from '@playwright/test';
import { GUEST_READY, SerialConsole } from '../support/serial-console.ts';
import { picture, test } from './app.ts';

test('a disk is plugged into a machine that runs, and seen by its guest', async ({ page, app }) => {
  const { client } = app.connection;
  await client.machine.create({ name: 'web', isDemo: true, engine: 'qemu' });
  await client.machine.start({ machine: 'web' });
  await using serial = new SerialConsole(await app.connection.openChannel('web', 'serial'));
  await serial.expect(GUEST_READY);

  await page.getByRole('treeitem', { name: 'web' }).click();
  await picture(page, 'guest-block');
  await page.getByRole('toolbar', { name: 'Machine' }).getByRole('button', { name: 'Settings' }).click();
  const settings = page.getByRole('dialog', { name: 'Settings of web' });
  await settings.getByRole('button', { name: 'Storage' }).click();
  await settings.getByRole('button', { name: 'Add controller' }).click();
  await page.getByRole('menuitem', { name: 'VirtIO' }).click();
  const controller = settings.getByRole('region', { name: 'Controller VirtIO' });
  await controller.getByRole('button', { name: 'Hard disk' }).click();
  await controller.getByRole('button', { name: 'Create a new disk' }).click();
  const creating = page.getByRole('dialog', { name: 'Create a disk' });
  await creating.getByRole('button', { name: 'Create' }).click();
  await expect(creating).toBeHidden();
  await picture(page, 'hotplug');
  await settings.getByRole('button', { name: 'OK' }).click();
  await expect(settings).toHaveCount(0);
  await expect.poll(() => serial.run('cat /proc/partitions')).toContain('vda');
});
