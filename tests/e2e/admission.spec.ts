import { expect } from '@playwright/test';
import { GIB, MIB } from '../../src/shared/units.ts';
import { type App, picture, test } from './app.ts';

const LARGEST_DISK_BYTES = 2048 * GIB;
/**
 * What this computer is left with for machines, in MiB: half of what the larger machine wants, as other programs take and
 * give memory meanwhile.
 */
const ROOM_MIB = 900;

/** Disks that do not fit any more: on a computer where the largest disk does, others are there first. */
async function fillStorage({ client }: App['connection']): Promise<void> {
  const { storageFreeBytes } = await client.host.info({});
  for (let freeBytes = storageFreeBytes; freeBytes >= LARGEST_DISK_BYTES; freeBytes -= LARGEST_DISK_BYTES) {
    const disk = { isDemo: true, engine: 'embedded', diskSizeBytes: LARGEST_DISK_BYTES } as const;
    const { id } = await client.machine.create({ name: `other ${freeBytes}`, ...disk });
    await client.machine.start({ machine: id });
  }
}

test('a start that does not fit says why in numbers, and makes room as it is told', async ({ page, app }) => {
  const { client } = app.connection;
  for (const [name, memoryMiB] of [['web', 256] as const, ['large', 1600] as const, ['huge', 1700] as const]) {
    await client.machine.create({ name, isDemo: true, memoryMiB, engine: 'embedded' });
  }
  await client.machine.start({ machine: 'web' });
  const { numbers } = await client.admission.check({ machine: 'large' });
  const keptBytes = numbers.availableBytes - numbers.promisedToOthersBytes - ROOM_MIB * MIB;
  await client.pool.setReserve({ memoryPercent: Math.min(95, (keptBytes / numbers.hostTotalBytes) * 100) });

  const row = (name: string) => page.getByRole('treeitem', { name });
  await row('large').click();
  await row('huge').click({ modifiers: ['ControlOrMeta'] });
  await row('huge').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Start', exact: true }).click();
  await page.getByRole('dialog', { name: 'Start 2 machines?' }).getByRole('button', { name: 'Start' }).click();
  const refusals = page.getByRole('alert').filter({ hasText: '2 machines not started' });
  for (const name of ['large', 'huge']) {
    const refusal = refusals.getByRole('listitem').filter({ hasText: `Cannot start '${name}'` });
    await expect(refusal).toContainText(/short of \d.*There is a way: .* Start '.*' by itself to choose\./);
  }
  await expect(refusals.getByText('2 machines not started')).toBeInViewport({ ratio: 1 });
  await picture(page, 'refused-many-light');
  await page.emulateMedia({ colorScheme: 'dark' });
  await picture(page, 'refused-many-dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await refusals.getByRole('button').click();
  await expect(refusals).toHaveCount(0);

  await row('large').click();
  await row('large').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Start in Background' }).click();
  const dialog = page.getByRole('dialog', { name: "There is no room to start 'large'" });
  await expect(dialog).toContainText(/short of \d/);
  await expect(dialog.getByText('Promised to machines')).toBeVisible();
  await expect(dialog.getByRole('radio').first()).toBeChecked();
  await picture(page, 'no-room-light');
  await page.emulateMedia({ colorScheme: 'dark' });
  await picture(page, 'no-room-dark');

  await dialog.getByRole('radio', { name: /^Start it with .* instead of/ }).check();
  await dialog.getByRole('button', { name: 'Make Room and Start' }).click();
  await expect(row('large')).toHaveAccessibleName(/Running/);
  const { config } = await client.machine.get({ machine: 'large' });
  expect(config.memoryMiB).toBeLessThan(1600);
});

test('a start that is let in with a warning says what may go wrong, and can be read again', async ({ page, app }) => {
  const { client } = app.connection;
  await fillStorage(app.connection);
  await client.machine.create({ name: 'archive', isDemo: true, engine: 'embedded', diskSizeBytes: LARGEST_DISK_BYTES });
  const row = page.getByRole('treeitem', { name: 'archive' });
  await row.click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Start in Background' }).click();
  const warning = /Disks of running machines can still grow by \d+ TiB, and .* are free on their file system\./;
  const notice = page.getByRole('alert').filter({ hasText: warning });
  await expect(notice).toContainText("'archive' has started with a warning");
  await expect(row).toHaveAccessibleName(/Running/);
  await picture(page, 'warned-light');
  await page.emulateMedia({ colorScheme: 'dark' });
  await picture(page, 'warned-dark');
  await expect(notice).toHaveCount(0);
  await page.getByRole('button', { name: /^Notifications/ }).click();
  await expect(page.getByRole('article').filter({ hasText: warning })).toBeVisible();
  await picture(page, 'warned-centre');
});

test('claims, idleness and start order are set; a group starts, with its warnings, and is saved in order', async ({
  page,
  app,
}) => {
  const { client } = app.connection;
  await fillStorage(app.connection);
  for (const name of ['web', 'db']) {
    const disk = { isDemo: true, engine: 'embedded', diskSizeBytes: LARGEST_DISK_BYTES } as const;
    const { id, revision, config } = await client.machine.create({ name, ...disk });
    await client.machine.configure({ machine: id, revision, config: { ...config, group: '/Lab' } });
  }
  await page.getByRole('treeitem', { name: 'db' }).click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Settings' }).click();
  const settings = page.getByRole('dialog');
  await settings.getByText('Claims and idleness').click();
  await settings.getByLabel('Processor reservation').fill('0.5');
  await settings.getByLabel('Memory reservation').fill('64');
  await settings.getByLabel('Save its state', { exact: true }).check();
  await settings.getByLabel('Save its state after minutes').fill('30');
  await settings.getByLabel('Start order').fill('10');
  await settings.getByLabel('What the next machines wait for').click();
  await page.getByRole('option', { name: 'wait for a port' }).click();
  await expect(settings.getByLabel('Port that is waited for')).toHaveValue('80');
  await picture(page, 'claims-light');
  await settings.getByLabel('What the next machines wait for').click();
  await page.getByRole('option', { name: 'wait until it runs' }).click();
  await page.emulateMedia({ colorScheme: 'dark' });
  await picture(page, 'claims-dark');
  await settings.getByRole('button', { name: 'OK' }).click();
  await expect(settings).toHaveCount(0);
  expect((await client.machine.get({ machine: 'db' })).config.resources).toMatchObject({
    processor: { reservation: 0.5 },
    memory: { reservationMiB: 64 },
    idle: { saveAfterMinutes: 30, pauseAfterMinutes: null },
    startOrder: { order: 10, delaySeconds: 0, waitsFor: 'running', port: null },
  });

  const group = page.getByRole('treeitem', { name: 'Group Lab' });
  await group.click({ button: 'right' });
  await expect(page.getByRole('menuitem', { name: 'Save Group' })).toBeDisabled();
  await picture(page, 'group-menu');
  await page.getByRole('menuitem', { name: 'Start Group' }).click();
  await expect(group).toHaveAccessibleName(/2 running/);
  const warnings = page.getByRole('alert').filter({ hasText: '2 machines have started with warnings' });
  await expect(warnings).toContainText(/'db' and 'web': Disks of running machines can still grow by \d+ TiB/);
  await picture(page, 'group-warned');
  const [db, web] = await Promise.all(['db', 'web'].map((machine) => client.machine.get({ machine })));
  expect(Date.parse(db?.stateSince ?? '')).toBeLessThanOrEqual(Date.parse(web?.stateSince ?? ''));

  await group.click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Save Group' }).click();
  for (const name of ['web', 'db']) await expect(page.getByRole('treeitem', { name })).toHaveAccessibleName(/Saved/);
});
