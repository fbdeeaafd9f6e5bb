import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, type Locator, type Page } from '@playwright/test';
import { GUEST_READY, SerialConsole } from '../support/serial-console.ts';
import { type App, picture, test } from './app.ts';

/** A machine that needs nothing: no disk, no disc, the engine that is always there. */
function makeMachine(app: App, name: string, group = '/') {
  return app.connection.client.machine.create({ name, group, engine: 'embedded', memoryMiB: 32, diskSizeBytes: null });
}

/** Presses Tab until the element has the focus, as one does who has no mouse. */
async function tabTo(page: Page, element: Locator): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    if (await element.evaluate((each) => each === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error('The element cannot be reached with Tab.');
}

const row = (page: Page, name: string) => page.getByRole('treeitem', { name: new RegExp(`^${name},`) });

test('everything that matters can be done without a mouse', async ({ page, app }) => {
  await makeMachine(app, 'alpha');
  await makeMachine(app, 'beta');
  const tree = page.getByRole('tree', { name: 'Machine list' });
  await expect(row(page, 'beta')).toBeVisible();

  await page.keyboard.press('Control+n');
  const dialog = page.getByRole('dialog', { name: 'New machine' });
  await expect(dialog.getByRole('textbox', { name: 'Name' })).toBeFocused();
  await page.keyboard.type('gamma');
  await tabTo(page, dialog.getByRole('radio', { name: 'ISO file' }));
  for (let presses = 0; presses < 4; presses += 1) await page.keyboard.press('ArrowRight');
  await expect(dialog.getByRole('radio', { name: 'Nothing yet' })).toBeChecked();
  await tabTo(page, dialog.getByRole('checkbox', { name: 'Create an empty virtual disk' }));
  await page.keyboard.press('Space');
  await tabTo(page, dialog.getByRole('checkbox', { name: 'Start at once' }));
  await page.keyboard.press('Space');
  await tabTo(page, dialog.getByRole('button', { name: 'Create' }));
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
  await expect(row(page, 'gamma')).toHaveAttribute('aria-selected', 'true');

  await tabTo(page, tree);
  await page.keyboard.press('Home');
  await expect(row(page, 'alpha')).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('ArrowDown');
  await expect(row(page, 'beta')).toHaveAttribute('aria-selected', 'true');
  await expect(page.getByRole('heading', { name: 'beta' })).toBeVisible();

  await page.keyboard.press('Control+s');
  const settings = page.getByRole('dialog', { name: 'Settings of beta' });
  await expect(settings.getByRole('textbox', { name: 'Name' })).toBeFocused();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('a/b');
  await expect(settings.getByRole('button', { name: 'OK' })).toBeDisabled();
  await expect(settings.getByRole('status', { name: 'Invalid settings' })).toBeVisible();
  await picture(page, 'window-invalid-settings');
  await page.keyboard.press('Escape');
  await expect(settings.getByRole('button', { name: 'Discard' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(settings).toBeHidden();
  await expect(row(page, 'beta')).toBeVisible();

  await tabTo(page, tree);
  await page.keyboard.press('Shift+F10');
  const menu = page.getByRole('menu', { name: 'Actions for beta' });
  await expect(menu.getByRole('menuitem', { name: 'Start Disposable' })).toBeVisible();
  await picture(page, 'window-context-menu');
  await page.keyboard.press('Escape');
  await expect(menu).toBeHidden();
});

test('a new machine is checked as it is described', async ({ page, app }) => {
  await makeMachine(app, 'taken');
  await expect(row(page, 'taken')).toBeVisible();
  await page.keyboard.press('Control+n');
  const dialog = page.getByRole('dialog', { name: 'New machine' });
  const name = dialog.getByRole('textbox', { name: 'Name' });
  const create = dialog.getByRole('button', { name: 'Create' });
  await dialog.getByRole('radio', { name: 'Nothing yet' }).click();
  await expect(create).toBeDisabled();
  await name.fill('a/b');
  await expect(dialog.getByText('no slashes').first()).toBeVisible();
  await expect(create).toBeDisabled();
  await name.fill('taken');
  await expect(dialog.getByText(/'taken'/).first()).toBeVisible();
  await expect(create).toBeDisabled();
  await name.fill('free');
  await expect(create).toBeEnabled();
  await dialog.getByRole('textbox', { name: 'Base Memory' }).fill('999999');
  await expect(create).toBeDisabled();
  await picture(page, 'window-new-machine-invalid');
  await dialog.getByRole('textbox', { name: 'Base Memory' }).fill('64');
  await expect(create).toBeEnabled();
  await dialog.getByRole('radio', { name: 'ISO file' }).click();
  await expect(dialog.getByText('Choose an ISO file to start from.')).toBeVisible();
  await expect(create).toBeDisabled();
});

test('settings of a running machine: what can be changed now is, the rest waits; the terminal remembers', async ({
  page,
  app,
}) => {
  const { client } = app.connection;
  await client.machine.create({ name: 'Lantern', isDemo: true });
  await row(page, 'Lantern').click();
  await page.getByRole('toolbar', { name: 'Machine' }).getByRole('button', { name: 'Start', exact: true }).click();
  await expect(row(page, 'Lantern')).toContainText('Running');
  await page.getByText('Serial', { exact: true }).click();
  const terminal = page.getByRole('region', { name: 'Serial terminal of Lantern' });
  await using serial = new SerialConsole(await app.connection.openChannel('Lantern', 'serial'));
  await serial.expect(GUEST_READY);
  await serial.run('echo remembered-$((40 + 2))');
  await expect(terminal).toContainText('remembered-42');

  await page.getByRole('tab', { name: 'Details' }).click();
  await expect(terminal).toBeHidden();
  await page.getByRole('tab', { name: 'Console' }).click();
  await expect(terminal).toContainText('remembered-42');

  await page.getByRole('tab', { name: 'Details' }).click();
  await page.getByRole('button', { name: '1', exact: true }).click();
  const settings = page.getByRole('dialog', { name: 'Settings of Lantern' });
  await settings.getByRole('button', { name: 'System' }).click();
  await expect(settings.getByRole('textbox', { name: 'Base Memory' })).toBeDisabled();
  await settings.getByRole('button', { name: 'Processor' }).click();
  await settings.getByRole('textbox', { name: 'Execution Cap' }).fill('50');
  await settings.getByRole('button', { name: 'General' }).click();
  await expect(settings.getByRole('textbox', { name: 'Name' })).toBeEnabled();
  await settings.getByRole('textbox', { name: 'Description' }).fill('Lights the way.');
  await picture(page, 'window-live-settings');
  await settings.getByRole('button', { name: 'OK' }).click();
  await expect(settings).toBeHidden();
  await expect(page.getByText('50 %')).toBeVisible();
  const { config, state } = await client.machine.get({ machine: 'Lantern' });
  expect(config).toMatchObject({ description: 'Lights the way.', processors: { capPercent: 50 } });
  expect(state).toBe('Running');
});

test('several machines are chosen, moved to a group and removed with one question', async ({ page, app }) => {
  for (const name of ['one', 'two', 'three', 'four']) await makeMachine(app, name);
  await row(page, 'one').click();
  await row(page, 'three').click({ modifiers: ['Shift'] });
  await expect(page.getByRole('heading', { name: '3 machines' })).toBeVisible();
  await row(page, 'two').click({ modifiers: ['Control'] });
  await expect(page.getByRole('heading', { name: '2 machines' })).toBeVisible();
  await picture(page, 'window-several');
  await page.getByRole('toolbar', { name: 'Machine' }).getByRole('button', { name: 'Move to Group' }).click();
  const move = page.getByRole('dialog', { name: 'Move 2 machines to a group' });
  await move.getByRole('combobox', { name: 'Group' }).fill('Lab');
  await page.keyboard.press('Enter');
  const group = page.getByRole('treeitem', { name: /^Group Lab, 2 machines/ });
  await expect(group).toBeVisible();

  await row(page, 'two').dragTo(group);
  await expect(page.getByRole('treeitem', { name: /^Group Lab, 3 machines/ })).toBeVisible();
  await picture(page, 'window-group');

  await row(page, 'one').click();
  await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('Delete');
  const remove = page.getByRole('dialog', { name: 'Remove 2 machines?' });
  await picture(page, 'window-remove-several');
  await remove.getByRole('button', { name: 'Remove' }).click();
  await expect(page.getByRole('treeitem', { name: /^Group Lab, 1 machines/ })).toBeVisible();
  expect(await app.connection.client.machine.list({})).toHaveLength(2);
});

test('a refusal says what happened and what to do; a removal says what is deleted', async ({ page, app }) => {
  const iso = path.join(app.home, 'gone.iso');
  const disc = Buffer.alloc(64 * 2048);
  // The mark of ISO 9660 in the first volume descriptor, sector 16 (ECMA-119 §8.4).
  disc.write('\x01CD001', 16 * 2048);
  await writeFile(iso, disc);
  const { client } = app.connection;
  const { folder } = await client.machine.create({
    name: 'hollow',
    engine: 'embedded',
    isoPath: iso,
    diskSizeBytes: 2 ** 26,
  });
  await rm(iso);
  await row(page, 'hollow').click();
  await page.getByRole('toolbar', { name: 'Machine' }).getByRole('button', { name: 'Start', exact: true }).click();
  const notice = page.getByRole('alert').filter({ hasText: 'gone.iso' });
  await expect(notice).toBeVisible();
  await picture(page, 'window-refusal');
  await page.getByRole('button', { name: /^Notifications/ }).click();
  await expect(
    page
      .getByRole('dialog', { name: /^Notifications/ })
      .getByText('gone.iso')
      .first(),
  ).toBeVisible();
  await page.keyboard.press('Escape');

  await row(page, 'hollow').click();
  await page.keyboard.press('Delete');
  const remove = page.getByRole('dialog', { name: "Remove 'hollow'?" });
  await expect(remove).toContainText(folder);
  await remove.getByRole('radio', { name: /^Delete the files/ }).check();
  await picture(page, 'window-remove');
  await remove.getByRole('button', { name: 'Remove and delete files' }).click();
  await expect(row(page, 'hollow')).toBeHidden();
  await expect(page.getByRole('button', { name: 'Create a machine' })).toBeVisible();
});

test('light and dark', async ({ page, app }) => {
  await makeMachine(app, 'web', '/Lab');
  await makeMachine(app, 'database', '/Lab');
  await row(page, 'web').click();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await expect(page.locator(`:root[data-mantine-color-scheme="${colorScheme}"]`)).toBeAttached();
    await picture(page, `window-details-${colorScheme}`);
    await page.getByRole('tab', { name: 'Snapshots' }).click();
    await picture(page, `window-snapshots-empty-${colorScheme}`);
    await page.getByRole('tab', { name: 'Details' }).click();
    await page.keyboard.press('Control+n');
    await expect(page.getByRole('dialog', { name: 'New machine' })).toBeVisible();
    await picture(page, `window-new-machine-${colorScheme}`);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Doctor' }).click();
    await expect(page.getByRole('region', { name: 'This computer', exact: true })).toBeVisible();
    await picture(page, `window-doctor-${colorScheme}`);
    await row(page, 'web').click();
  }
});

test('a thousand machines scroll, answer to keys and are found', async ({ page, app }) => {
  test.setTimeout(240_000);
  const numbers = Array.from({ length: 1000 }, (_, at) => String(at + 1).padStart(4, '0'));
  for (const number of numbers) await makeMachine(app, `guest ${number}`, `/Rack ${number.slice(0, 2)}`);
  const tree = page.getByRole('tree', { name: 'Machine list' });
  await expect(tree.getByRole('treeitem').first()).toBeVisible();
  // Only what is in sight is drawn: this is what keeps the list quick, on a slow computer too.
  expect(await tree.getByRole('treeitem').count()).toBeLessThan(60);

  await tree.focus();
  await page.keyboard.press('End');
  await expect(row(page, 'guest 1000')).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  await expect(row(page, 'guest 0001')).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Control+f');
  await page.keyboard.type('guest 0777');
  await expect(row(page, 'guest 0777')).toBeVisible();
  await expect(page.getByText('1 found')).toBeVisible();
  await page.keyboard.press('Escape');

  // A change of one machine draws its row again, and a key that comes meanwhile is answered.
  await app.connection.client.machine.start({ machine: 'guest 0001' });
  await expect(row(page, 'guest 0001')).toContainText('Running');
  await tree.focus();
  const pressed = await page.evaluate(() => {
    const began = performance.now();
    document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true }));
    return new Promise<number>((resolve) => requestAnimationFrame(() => resolve(performance.now() - began)));
  });
  test.info().annotations.push({ type: 'key to frame with 1000 machines', description: `${pressed.toFixed(1)} ms` });
  await picture(page, 'window-thousand');
});
