import { statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { runCommandLine } from '../../src/main/cli/program.ts';
import { readProcessFile } from '../../src/main/processes/leftover.ts';
import { killProcess } from '../../src/main/processes/process-identity.ts';
import { openFakeCore } from '../support/fake-core.ts';

/** The command line on a core with two fake machines, whose networks are real where a test asks for it. */
async function openCommandLine({ hasNetworks = false } = {}) {
  const core = await openFakeCore({ hasNetworks });
  await core.add('web');
  await core.add('db');
  const inn = async (...args: string[]) => {
    const printed: string[] = [];
    const { stdin, stdout, stderr, env } = process;
    const written = vi.spyOn(stderr, 'write').mockImplementation((text) => printed.push(String(text).trimEnd()) > 0);
    const context = {
      ...{ stdin, stdout, stderr, env },
      connect: async () => ({
        client: core.client,
        openChannel: () => Promise.reject(new Error('no channel')),
        [Symbol.asyncDispose]: async () => undefined,
      }),
      print: (line: string) => void printed.push(line),
    };
    const code = await runCommandLine(args, context, '0.0.0');
    written.mockRestore();
    return { code, text: printed.join('\n') };
  };
  return { ...core, inn };
}

describe('inn forward', () => {
  it('says where a port leads, when it opens, and that it does no longer', async () => {
    const { inn } = await openCommandLine();
    expect((await inn('forward', 'list')).text).toBe('No port forwards yet. Try `inn forward add <machine> 8080:80`.');
    expect(await inn('forward', 'add', 'web', '18080:80', '--description', 'the page')).toEqual({
      code: 0,
      text: "127.0.0.1:18080 leads to port 80 of 'web', and opens when 'web' is on.",
    });
    expect((await inn('forward', 'add', 'db', '0:53', '--udp')).text).toBe(
      "A free port of 127.0.0.1 leads to port 53 of 'db', and opens when 'db' is on.",
    );
    const { text } = await inn('forward', 'list');
    expect(text.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['MACHINE', 'PROTOCOL', 'HOST', 'GUEST PORT', 'STATE', 'NOTE'],
      ['web', 'tcp', '127.0.0.1:18080', '80', 'closed: the machine is off', 'the page'],
      ['db', 'udp', '127.0.0.1:any', '53', 'closed: the machine is off'],
    ]);
    expect((await inn('forward', 'list', 'db')).text).not.toContain('web');
    expect((await inn('forward', 'remove', 'web', '18080')).text).toBe(
      "127.0.0.1:18080 leads to port 80 of 'web' no longer.",
    );
    expect((await inn('forward', 'remove', 'db', '0:53', '--udp')).code).toBe(0);
    expect(JSON.parse((await inn('forward', 'list', '--json')).text)).toEqual([]);
  });

  it('says which there are when the one that is meant is not', async () => {
    const { inn } = await openCommandLine();
    expect(await inn('forward', 'remove', 'web', '1:2')).toEqual({
      code: 4,
      text: "inn: 'web' has no such port forward of TCP.\n     It has none at all.",
    });
    await inn('forward', 'add', 'web', '127.0.0.1:18080:80');
    await inn('forward', 'add', 'web', '127.0.0.2:18080:81');
    expect((await inn('forward', 'remove', 'web', '18081')).text).toContain(
      'It has: 127.0.0.1:18080:80, 127.0.0.2:18080:81',
    );
    expect(await inn('forward', 'remove', 'web', '18080')).toMatchObject({
      code: 5,
      text: expect.stringContaining('Say which: 127.0.0.1:18080:80, 127.0.0.2:18080:81'),
    });
    expect((await inn('forward', 'remove', 'web', '127.0.0.2:18080')).code).toBe(0);
    expect((await inn('forward', 'remove', 'db', '18080')).code).toBe(4);
    expect((await inn('forward', 'remove', 'web', '18080:80')).code).toBe(0);
  });

  it('refuses ports that cannot be', async () => {
    const { inn } = await openCommandLine();
    for (const ports of ['80', '8080:0', '70000:80', 'a:b', ':80']) {
      expect((await inn('forward', 'add', 'web', ports)).code, ports).toBe(2);
    }
  });
});

describe('inn network capture', () => {
  it('begins, and ends by its id, or without one while there is only one', async () => {
    const { inn, client, folder } = await openCommandLine({ hasNetworks: true });
    const capture = (...args: string[]) => inn('network', 'capture', 'NAT', ...args);
    expect((await capture()).text).toContain("The network 'NAT' does not run");
    await client.machine.start({ machine: 'web' });
    expect((await capture('--stop')).text).toContain("Nothing is captured on the network 'NAT'.");
    expect((await capture('--list', '--stop')).text).toContain('cannot be used with');
    const file = path.join(folder, 'web.pcapng');
    const started = await capture('--machine', 'web', '--file', file);
    expect(started.text).toMatch(
      /^Capturing to .*web\.pcapng\nEnd it with: inn network capture 'NAT' --stop [-0-9a-f]+$/,
    );
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await capture('--stop')).text).toBe(`Captured 0 frames, 0 B, in ${file}`);
    expect(await capture('--file', file)).toMatchObject({ code: 5, text: expect.stringContaining('already') });
    const nowhere = path.join(folder, 'nowhere/web.pcapng');
    expect(await capture('--file', nowhere)).toMatchObject({
      code: 6,
      text: expect.stringContaining('could not be made'),
    });
    const adapter = await capture('--machine', 'web', '--adapter', '2');
    expect(adapter.text).toContain("'web' has no adapter 2 on the network 'NAT'.");
    expect((await capture('--limit', '0.001')).code).toBe(2);

    const ids = [];
    for (const _ of [1, 2]) ids.push(JSON.parse((await capture('--json')).text).id);
    const several = await capture('--stop');
    for (const id of ids) expect(several.text).toContain(id);
    for (const id of ids) expect((await capture('--stop', id)).code).toBe(0);
    expect((await capture('--stop', ids[0])).code).toBe(4);
  });

  it('lists those that go on and those that ended by themselves', async () => {
    const { inn, client, app } = await openCommandLine({ hasNetworks: true });
    const capture = (...args: string[]) => inn('network', 'capture', 'NAT', ...args);
    const rows = async () => (await capture('--list')).text.split('\n').slice(1);
    await client.machine.start({ machine: 'web' });
    expect((await capture('--list')).text).toBe('Nothing is captured.');
    await capture();
    expect(await rows()).toEqual([expect.stringMatching(/ - +it goes on$/)]);
    const { network } = await client.network.get({ network: 'NAT' });
    const identity = readProcessFile(app.paths.networkRuntimeFolder(network.id));
    if (identity) await killProcess(identity, 'SIGKILL');
    await expect.poll(rows).toEqual([expect.stringMatching(/Z +it ended by itself: The process of its network ended/)]);
    expect((await inn('network', 'show', 'NAT')).text).toContain('; it ended by itself: ');
    expect((await capture('--stop')).text).toContain('It had ended by itself: The process of its network ended');
    expect(await rows()).toEqual([]);
  });
});
