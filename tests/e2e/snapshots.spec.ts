import { expect, type Page } from '@playwright/test';
import { GUEST_READY, SerialConsole } from '../support/serial-console.ts';
import { type App, picture, test } from './app.ts';

/** A machine that boots the demo guest and has a disk, so that there is something to merge and to link. */
async function makeDemo(app: App, name: string): Promise<void> {
  await app.connection.client.machine.create({ name, isDemo: true, engine: 'embedded', diskSizeBytes: 64 * 2 ** 20 });
}

const serialOf = async (app: App, name: string) => new SerialConsole(await app.connection.openChannel(name, 'serial'));
const row = (page: Page, name: string) => page.getByRole('treeitem', { name: new RegExp(`^${name},`) });
const machineButton = (page: Page, name: string) =>
  page.getByRole('toolbar', { name: 'Machine' }).getByRole('button', { name, exact: true });
const snapshotButton = (page: Page, name: string) =>
  page.getByRole('toolbar', { name: 'Snapshots' }).getByRole('button', { name, exact: true });

async function powerOff(page: Page, name: string): Promise<void> {
  await machineButton(page, 'Stop').click();
  await page.getByRole('menuitem', { name: 'Power Off' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Power Off' }).click();
  await expect(row(page, name)).toContainText('Powered Off');
}

test('a guest goes back to the moment of a snapshot, with its memory; a linked clone lives its own life', async ({
  page,
  app,
}) => {
  test.setTimeout(240_000);
  await makeDemo(app, 'Lantern');
  await row(page, 'Lantern').click();
  await machineButton(page, 'Start').click();
  await expect(row(page, 'Lantern')).toContainText('Running');
  {
    await using serial = await serialOf(app, 'Lantern');
    await serial.expect(GUEST_READY);
    await serial.run('echo before > /tmp/moment');
  }

  await page.getByRole('tab', { name: 'Snapshots' }).click();
  await page.keyboard.press('Control+Shift+T');
  const take = page.getByRole('dialog', { name: "Take a snapshot of 'Lantern'" });
  await expect(take.getByRole('textbox', { name: 'Name' })).toHaveValue('Snapshot 1');
  await take.getByRole('textbox', { name: 'Name' }).fill('quiet evening');
  await take.getByRole('textbox', { name: 'Description' }).fill('Nobody has knocked yet.');
  await expect(take.getByRole('checkbox', { name: 'Keep the memory too' })).toBeChecked();
  await picture(page, 'snapshots-take');
  await take.getByRole('button', { name: 'Take' }).click();
  await expect(take).toBeHidden();
  const tree = page.getByRole('tree', { name: 'Snapshots of Lantern' });
  await expect(tree.getByRole('treeitem', { name: 'quiet evening' })).toContainText('just now');
  await expect(tree.getByRole('treeitem', { name: 'Current State (changed)' })).toBeVisible();

  {
    await using serial = await serialOf(app, 'Lantern');
    expect(await serial.run('cat /tmp/moment')).toBe('before');
    await serial.run('echo after > /tmp/moment');
  }
  await tree.getByRole('treeitem', { name: 'quiet evening' }).click();
  await expect(page.getByRole('region', { name: 'Snapshot quiet evening' })).toContainText('Guest stood still');
  await expect(page.getByRole('img', { name: 'Screen of Lantern in quiet evening' })).toBeVisible();
  await expect(snapshotButton(page, 'Restore')).toHaveAttribute('aria-disabled', 'true');
  await picture(page, 'snapshots-tree');

  await powerOff(page, 'Lantern');
  await snapshotButton(page, 'Restore').click();
  const restore = page.getByRole('dialog', { name: "Restore 'quiet evening'?" });
  const keepsCurrent = restore.getByRole('checkbox', { name: 'Take a snapshot of the current state first' });
  await expect(keepsCurrent).toBeChecked();
  await keepsCurrent.uncheck();
  await expect(restore).toContainText('This is lost for good');
  await picture(page, 'snapshots-restore');
  await restore.getByRole('button', { name: 'Restore' }).click();
  await expect(tree.getByRole('treeitem', { name: 'Current State', exact: true })).toBeVisible();
  await expect(row(page, 'Lantern')).toContainText('Saved');

  await machineButton(page, 'Start').click();
  await expect(row(page, 'Lantern')).toContainText('Running');
  {
    await using serial = await serialOf(app, 'Lantern');
    expect(await serial.run('cat /tmp/moment')).toBe('before');
  }
  await powerOff(page, 'Lantern');

  await page.getByRole('tab', { name: 'Snapshots' }).click();
  await tree.getByRole('treeitem', { name: 'quiet evening' }).click();
  await snapshotButton(page, 'Clone').click();
  const clone = page.getByRole('dialog', { name: "Clone 'Lantern'" });
  await clone.getByRole('textbox', { name: 'Name' }).fill('Candle');
  await clone.getByRole('radio', { name: 'Linked clone' }).check();
  await picture(page, 'snapshots-clone');
  await clone.getByRole('button', { name: 'Clone' }).click();
  await expect(clone).toBeHidden();
  await expect(row(page, 'Candle')).toHaveAttribute('aria-selected', 'true');
  await machineButton(page, 'Start').click();
  await expect(row(page, 'Candle')).toContainText('Running');
  {
    await using serial = await serialOf(app, 'Candle');
    await serial.expect(GUEST_READY);
    expect(await serial.run('echo alive')).toBe('alive');
  }
  const { config: lantern } = await app.connection.client.machine.get({ machine: 'Lantern' });
  const { config: candle } = await app.connection.client.machine.get({ machine: 'Candle' });
  expect(candle.adapters[0]?.macAddress).not.toBe(lantern.adapters[0]?.macAddress);
  await picture(page, 'snapshots-clone-runs');
});

test('a snapshot is named, compared with now, restored with the present kept, and deleted for a known price', async ({
  page,
  app,
}) => {
  const { client } = app.connection;
  await makeDemo(app, 'Inn');
  await row(page, 'Inn').click();
  await page.getByRole('tab', { name: 'Snapshots' }).click();
  await expect(page.getByText('No snapshots yet')).toBeVisible();
  await page.getByRole('button', { name: 'Take Snapshot' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Take' }).click();
  const tree = page.getByRole('tree', { name: 'Snapshots of Inn' });
  await tree.getByRole('treeitem', { name: 'Snapshot 1' }).click();

  const details = page.getByRole('region', { name: /^Snapshot / });
  await details.getByRole('textbox', { name: 'Name' }).fill('clean');
  await details.getByRole('textbox', { name: 'Description' }).fill('As it came.');
  await details.getByRole('button', { name: 'Save' }).click();
  await expect(tree.getByRole('treeitem', { name: 'clean', exact: true })).toBeVisible();
  await expect(details).toContainText('The same as those of now.');

  const { revision, config } = await client.machine.get({ machine: 'Inn' });
  await client.machine.configure({ machine: 'Inn', revision, config: { ...config, memoryMiB: 192 } });
  await expect(details.getByRole('row', { name: /Base Memory/ })).toContainText('192 MB');
  await expect(tree.getByRole('treeitem', { name: 'Current State (changed)' })).toBeVisible();
  await picture(page, 'snapshots-differences');

  await tree.focus();
  await page.keyboard.press('Control+Shift+R');
  const restore = page.getByRole('dialog', { name: "Restore 'clean'?" });
  await expect(restore).toContainText('The new snapshot keeps');
  await restore.getByRole('button', { name: 'Restore' }).click();
  await expect(tree.getByRole('treeitem')).toHaveCount(3);
  await expect.poll(async () => (await client.machine.get({ machine: 'Inn' })).config.memoryMiB).toBe(config.memoryMiB);

  await client.snapshot.take({ machine: 'Inn', name: 'second branch' });
  await expect(tree.getByRole('treeitem')).toHaveCount(4);
  await picture(page, 'snapshots-branches');
  await tree.getByRole('treeitem', { name: 'clean', exact: true }).click();
  await page.keyboard.press('Delete');
  const remove = page.getByRole('dialog', { name: "Delete 'clean'?" });
  await expect(remove).toContainText('To copy');
  await picture(page, 'snapshots-delete');
  await remove.getByRole('button', { name: 'Delete' }).click();
  await expect(tree.getByRole('treeitem', { name: 'clean', exact: true })).toBeHidden();
  await expect(tree.getByRole('treeitem', { name: 'second branch' })).toBeVisible();
});

test('a template is not started but made into machines; a disposable run says that it leaves nothing', async ({
  page,
  app,
}) => {
  await makeDemo(app, 'Mould');
  await row(page, 'Mould').click();
  await page.keyboard.press('Control+s');
  const settings = page.getByRole('dialog', { name: 'Settings of Mould' });
  await settings.getByRole('checkbox', { name: 'Keep as a template for new machines' }).check();
  await settings.getByRole('button', { name: 'OK' }).click();
  await expect(row(page, 'Mould')).toContainText('Template');
  await expect(machineButton(page, 'Start')).toHaveAttribute('aria-disabled', 'true');

  await row(page, 'Mould').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'New from Template' }).click();
  const create = page.getByRole('dialog', { name: "New machine from 'Mould'" });
  await create.getByRole('textbox', { name: 'Name' }).fill('Cast');
  await create.getByRole('checkbox', { name: 'Start at once' }).uncheck();
  await picture(page, 'snapshots-from-template');
  await create.getByRole('button', { name: 'Create' }).click();
  await expect(row(page, 'Cast')).toHaveAttribute('aria-selected', 'true');
  await expect(row(page, 'Cast')).not.toContainText('Template');

  await machineButton(page, 'Other ways to run').click();
  await page.getByRole('menuitem', { name: 'Start Disposable' }).click();
  await expect(page.getByText('Changes are discarded at power off')).toBeVisible();
  await expect(row(page, 'Cast')).toContainText('Disposable');
  await expect(row(page, 'Cast')).toContainText('Running');
  await picture(page, 'snapshots-disposable');
  await powerOff(page, 'Cast');
  await expect(page.getByText('Changes are discarded at power off')).toBeHidden();
});
