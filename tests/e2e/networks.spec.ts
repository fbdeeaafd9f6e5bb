import { readFile } from 'node:fs/promises';
import { expect, type Locator, type Page } from '@playwright/test';
import { makePaths } from '../../src/main/paths.ts';
import { readProcessFile } from '../../src/main/processes/leftover.ts';
import { killProcess } from '../../src/main/processes/process-identity.ts';
import { readPcapng } from '../support/read-pcapng.ts';
import { homeEnv } from '../support/real-core.ts';
import { GUEST_READY, SerialConsole } from '../support/serial-console.ts';
import { type App, picture, test } from './app.ts';

test.slow(); // guests that boot on a busy computer

/** Machines of the embedded engine, off, each with one adapter. */
async function makeMachines(app: App, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await app.connection.client.machine.create({ name, isDemo: true, memoryMiB: 96, engine: 'embedded' });
  }
}

/** Puts a machine's first adapter on a network through its settings. */
async function attach(page: Page, machine: string, network: string): Promise<void> {
  await page.getByRole('treeitem', { name: machine }).click();
  await page.getByRole('button', { name: 'Edit Network' }).click();
  const dialog = page.getByRole('dialog', { name: `Settings of ${machine}` });
  const adapter = dialog.getByRole('region', { name: 'Adapter 1' });
  await adapter.getByRole('combobox', { name: 'Attached to' }).click();
  await page.getByRole('option', { name: 'NAT Network' }).click();
  await adapter.getByRole('combobox', { name: 'Name' }).click();
  await page.getByRole('option', { name: network, exact: true }).click();
  await dialog.getByRole('button', { name: 'OK' }).click();
  await expect(dialog).toBeHidden();
}

/** The same view in both appearances; it ends in the light one. */
async function pictures(page: Page, name: string): Promise<void> {
  await picture(page, `${name}-light`);
  await page.emulateMedia({ colorScheme: 'dark' });
  await picture(page, `${name}-dark`);
  await page.emulateMedia({ colorScheme: 'light' });
}

function absent(what: string): never {
  throw new Error(`There is no ${what}.`);
}

/** Finds cells of the isolation report by the names of their ends. */
async function cellsOf(matrix: Locator): Promise<(from: string, to: string) => Locator> {
  await expect(matrix.getByRole('row').nth(1)).toBeVisible();
  const columns = await matrix.getByRole('columnheader').allInnerTexts();
  return (from, to) =>
    matrix
      .getByRole('row', { name: new RegExp(`^${from}`) })
      .getByRole('gridcell')
      .nth(columns.indexOf(to) - 1);
}

test('two machines on a network of their own: addresses, a forward, the map, and who reaches whom', async ({
  page,
  app,
}) => {
  const { client } = app.connection;
  await makeMachines(app, ['web', 'mail', 'lone']);
  await page.getByRole('treeitem', { name: 'web' }).click();

  await page.keyboard.press('Control+h');
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  const create = page.getByRole('dialog', { name: 'Create a network' });
  await create.getByRole('textbox', { name: 'Name' }).fill('Lab');
  await create.getByRole('textbox', { name: 'Range' }).fill('10.44');
  await expect(create.getByRole('button', { name: 'Create' })).toBeDisabled();
  await create.getByRole('textbox', { name: 'Range' }).fill('10.44.0.0/24');
  await picture(page, 'networks-create');
  await create.getByRole('button', { name: 'Create' }).click();
  const line = page.getByRole('grid', { name: 'Networks' }).getByRole('row', { name: 'Lab' });
  await expect(line).toContainText('10.44.0.0/24');

  for (const name of ['web', 'mail']) await attach(page, name, 'Lab');
  for (const name of ['web', 'mail', 'lone']) await client.machine.start({ machine: name });
  await page.keyboard.press('Control+h');
  await line.click();
  const details = page.getByRole('region', { name: 'Network Lab' });
  const ports = details.getByRole('table', { name: 'Machines on Lab' });
  await expect(ports.getByRole('row', { name: 'web' })).toContainText(/10\.44\.0\.\d+/);
  await expect(ports.getByRole('row', { name: 'mail' })).toContainText('mail.inn');
  await picture(page, 'networks-light');

  await details.getByRole('tab', { name: /Port forwards/ }).click();
  const form = details.getByRole('form', { name: 'New port forward' });
  await form.getByRole('textbox', { name: 'Guest port' }).fill('80');
  await form.getByRole('button', { name: 'Add' }).click();
  const forwards = details.getByRole('table', { name: 'Port forwards' });
  await expect(forwards.getByRole('row', { name: /web|mail/ })).toContainText(/127\.0\.0\.1:\d+.*open/);
  await picture(page, 'networks-forwards');

  await page.getByRole('tab', { name: 'Map' }).click();
  const map = page.getByRole('group', { name: 'Network map' });
  await expect(map.getByRole('button', { name: /web, Running.*10\.44\.0\./ })).toBeVisible();
  await expect(map.getByRole('button', { name: /Network Lab.*running/ })).toBeVisible();
  await expect(page.getByRole('table', { name: 'The network map in words' })).toContainText('10.44.0.');
  await picture(page, 'networks-map-light');
  await page.emulateMedia({ colorScheme: 'dark' });
  await picture(page, 'networks-map-dark');

  await page.getByRole('tab', { name: 'Isolation' }).click();
  const matrix = page.getByRole('grid', { name: 'Who reaches whom' });
  const cell = await cellsOf(matrix);
  await expect(cell('web', 'mail')).toContainText('Yes');
  await expect(cell('web', 'lone')).toContainText('No');
  await cell('web', 'lone').focus();
  await expect(page.getByText('web does not reach lone.')).toBeVisible();
  await picture(page, 'networks-isolation-dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await picture(page, 'networks-isolation-light');

  await page.getByRole('button', { name: 'Can A reach B?' }).click();
  const reach = page.getByRole('dialog', { name: 'Can A reach B?' });
  await reach.getByRole('combobox', { name: 'To' }).click();
  await page.getByRole('option', { name: 'Internet' }).click();
  await expect(reach.getByRole('status', { name: 'Answer' })).toContainText('Decided by');
  await picture(page, 'networks-reach');
  await page.keyboard.press('Escape');

  await page.getByRole('tab', { name: 'Map' }).click();
  await map.getByRole('button', { name: /^web/ }).click();
  await expect(page.getByRole('button', { name: 'Copy web.inn' })).toBeVisible();
  await picture(page, 'networks-details');
});

test('isolation, limits and the cable of a running machine are set in its settings', async ({ page, app }) => {
  const { client } = app.connection;
  await makeMachines(app, ['web']);
  await client.machine.start({ machine: 'web' });
  await page.getByRole('treeitem', { name: 'web' }).click();
  await page.getByRole('button', { name: 'Edit Network' }).click();
  const dialog = page.getByRole('dialog', { name: 'Settings of web' });
  const adapter = dialog.getByRole('region', { name: 'Adapter 1' });
  await expect(adapter.getByRole('textbox', { name: 'MAC Address' })).toBeDisabled();
  await adapter.getByRole('button', { name: 'Advanced settings of adapter 1' }).click();
  await adapter.getByRole('combobox', { name: 'Isolation' }).click();
  await picture(page, 'networks-profiles');
  await page.getByRole('option', { name: 'Offline' }).click();
  await adapter.getByRole('textbox', { name: 'Limit in' }).fill('quick');
  await expect(adapter.getByText('Write a rate such as 10 Mbit/s')).toBeVisible();
  await adapter.getByRole('textbox', { name: 'Limit in' }).fill('5 Mbit/s');
  await picture(page, 'networks-settings-light');
  await page.emulateMedia({ colorScheme: 'dark' });
  await picture(page, 'networks-settings-dark');
  await dialog.getByRole('button', { name: 'OK' }).click();
  await expect(dialog).toBeHidden();
  const [saved] = (await client.machine.list({})).flatMap(({ config }) => config.adapters);
  expect(saved).toMatchObject({ profile: 'offline', limitInBitsPerSecond: 5_000_000 });

  await page.getByRole('button', { name: 'Edit Network' }).click();
  await dialog.getByRole('button', { name: 'Port forwarding…' }).click();
  const forwards = page.getByRole('dialog', { name: 'Port forwards to web' });
  await forwards.getByRole('textbox', { name: 'Guest port' }).fill('22');
  await forwards.getByRole('button', { name: 'Add' }).click();
  const opened = forwards.getByRole('row', { name: /^TCP/ });
  await expect(opened).toContainText(/127\.0\.0\.1:\d+.*open/);
  const port = /127\.0\.0\.1:(\d+)/.exec(await opened.innerText())?.[1] ?? '';
  await forwards.getByRole('textbox', { name: 'Host port' }).fill(port);
  await forwards.getByRole('button', { name: 'Add' }).click();
  await expect(forwards.getByRole('alert')).toContainText(port);
  await picture(page, 'networks-forward-refused');
  await forwards.getByRole('button', { name: 'Remove the forward to port 22 of web' }).click();
  await expect(opened).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(forwards).toBeHidden();
  await expect(dialog).toBeVisible();

  await adapter.getByRole('switch', { name: 'Cable connected' }).click();
  await dialog.getByRole('button', { name: 'OK' }).click();
  await expect(dialog).toBeHidden();
  await page.keyboard.press('Control+h');
  await page.getByRole('tab', { name: 'Map' }).click();
  const words = page.getByRole('table', { name: 'The network map in words' }).getByRole('row', { name: 'web' });
  await expect(words).toContainText('pulled');
  await expect(words).toContainText('Offline');
  await picture(page, 'networks-map-pulled');
});

test('what a network has carried, given and refused is shown, and frames are tried at its gateway', async ({
  page,
  app,
}) => {
  const { client } = app.connection;
  await makeMachines(app, ['web', 'lone']);
  await client.machine.start({ machine: 'web' });
  await using serial = new SerialConsole(await app.connection.openChannel('web', 'serial'));
  await serial.expect(GUEST_READY);
  await serial.run('until ip -4 addr show eth0 | grep -q inet; do sleep 0.1; done');
  const [{ address } = { address: null }] = await client.network.addresses({ machine: 'web' });

  await page.keyboard.press('Control+h');
  await page.getByRole('grid', { name: 'Networks' }).getByRole('row').filter({ hasText: '10.0.2.0/24' }).click();
  const details = page.getByRole('region', { name: 'Network NAT', exact: true });
  await details.getByRole('tab', { name: /Captures/ }).click();
  await details.getByRole('button', { name: 'Start capture' }).click();
  const capture = details.getByRole('table', { name: 'Captures' }).getByRole('row', { name: 'the whole network' });
  const written = capture.getByRole('cell').nth(2);
  await expect(written).toBeVisible();
  const before = await written.innerText();
  await serial.run('ping -c 3 10.0.2.1');
  await expect(written).not.toHaveText(before);
  await pictures(page, 'networks-captures');
  const path = (await capture.getByRole('cell').nth(1).innerText()).trim();
  await capture.getByRole('button', { name: 'Stop the capture of the whole network' }).click();
  await expect(page.getByText(`are in ${path}.`)).toBeVisible();
  const { frames } = readPcapng(await readFile(path));
  expect(frames.length).toBeGreaterThanOrEqual(6);

  await details.getByRole('tab', { name: /Leases/ }).click();
  const leases = details.getByRole('table', { name: 'Leases' });
  await expect(leases.getByRole('row', { name: 'web' })).toContainText(address ?? 'an address');
  await pictures(page, 'networks-leases');

  await details.getByRole('tab', { name: /Refusals/ }).click();
  await expect(details.getByText('Nothing has been refused')).toBeVisible();
  await serial.run('wget -q -O - http://host.inn:9/ || true');
  const refusals = details.getByRole('table', { name: 'Refusals' });
  const refused = refusals.getByRole('row', { name: 'standard.host' });
  await expect(refused).toContainText("The profile 'Standard' keeps");
  await pictures(page, 'networks-refusals');
  const counted = await refused.innerText();

  await page.getByRole('tab', { name: 'Isolation' }).click();
  const cell = await cellsOf(page.getByRole('grid', { name: 'Who reaches whom' }));
  await expect(cell('web', 'Internet')).toHaveText('Yes ✓');
  await expect(cell('web', 'Local network')).toHaveText('Yes ✓');
  await expect(cell('web', 'This computer')).toHaveText('Yes ✓');
  await expect(cell('web', 'Services of this computer')).toHaveText('No ✓');
  await expect(cell('lone', 'Internet')).toHaveText('Yes');
  await cell('web', 'Local network').focus();
  const tried = page.getByRole('list', { name: 'Frames that were tried' });
  await expect(tried.getByRole('listitem')).toHaveCount(5);
  await pictures(page, 'networks-isolation-lan');
  await cell('web', 'Services of this computer').focus();
  await expect(tried).toContainText('administratively prohibited');
  await pictures(page, 'networks-isolation-host');

  await page.getByRole('tab', { name: 'Networks', exact: true }).click();
  await details.getByRole('tab', { name: /Refusals/ }).click();
  await expect.poll(() => refused.innerText()).toBe(counted); // what was tried is not counted

  // A capture whose network's process is killed says so, and keeps what it has.
  await details.getByRole('tab', { name: /Captures/ }).click();
  await details.getByRole('button', { name: 'Start capture' }).click();
  await expect(capture).toContainText('Goes on');
  const { network } = await client.network.get({ network: 'NAT' });
  const identity = readProcessFile(makePaths(homeEnv(app.home)).networkRuntimeFolder(network.id));
  await killProcess(identity ?? absent('process of the network'), 'SIGKILL');
  await expect(capture).toContainText('Ended: ');
  await pictures(page, 'networks-capture-ended');
  await capture.getByRole('button', { name: 'Forget the capture of the whole network' }).click();
  await expect(capture).toBeHidden();
});
