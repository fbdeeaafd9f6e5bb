import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { QemuEngine } from '../../../src/main/engines/qemu/engine.ts';
import { withQuietFileSystems } from '../../../src/main/engines/quiet-file-systems.ts';
import { isAlive, killProcess } from '../../../src/main/processes/process-identity.ts';
import { GUEST_READY } from '../../support/serial-console.ts';
import { MachineBench, openSerial } from '../conformance/machine-bench.ts';

/** An agent of a few lines of shell: synchronises, freezes and thaws nothing, tells its name, and notes what it was asked. */
const AGENT = [
  'port=$(ls /dev/vport*p1); exec 3<>$port',
  'while true; do read -r line <&3 || { sleep 1; continue; }', // nothing comes while nobody holds the line
  'echo "$line" >> /asked',
  'id=$(echo "$line" | sed -n \'s/.*"id":\\([0-9]*\\).*/\\1/p\')',
  'case "$line" in',
  '*guest-sync-delimited*) printf \'\\377{"return":%s}\\n\' $id >&3 ;;',
  '*guest-info*) echo \'{"return":{"version":"0.1"}}\' >&3 ;;',
  '*guest-get-host-name*) echo \'{"return":{"host-name":"shelly"}}\' >&3 ;;',
  '*guest-fsfreeze-status*) echo \'{"return":"frozen"}\' >&3 ;;',
  '*guest-fsfreeze*) echo \'{"return":1}\' >&3 ;;',
  '*guest-shutdown*) poweroff ;;',
  '*) echo \'{"error":{"class":"CommandNotFound","desc":"no such command"}}\' >&3 ;;',
  'esac; done',
].join('\n');

const subject = {
  id: 'qemu' as const,
  makeEngine: () => new QemuEngine({ env: process.env, cacheFolder: path.join(tmpdir(), 'innkeeper-test-cache') }),
  async kill(runtime: Parameters<typeof killProcess>[0] & Parameters<typeof isAlive>[0]) {
    await killProcess(runtime, 'SIGKILL');
    while (await isAlive(runtime)) await new Promise((resolve) => setTimeout(resolve, 5));
  },
  hasProcess: async () => false,
};

it('speaks with an agent in a guest of QEMU, which rests for snapshots and shuts down when asked', async () => {
  const bench = await MachineBench.forTest(subject);
  const session = await bench.start();
  const { guestAgent: agent } = session;
  if (agent === null) throw new Error('The machine has no line to an agent.');
  const serial = await openSerial(session);
  await serial.expect(GUEST_READY);
  expect(await agent.isConnected()).toBe(false);
  expect(await withQuietFileSystems(session, async () => 'done all the same')).toBe('done all the same');

  await serial.run(`echo ${Buffer.from(AGENT).toString('base64')} | base64 -d > /agent`);
  await serial.run('(setsid sh /agent </dev/null >/dev/null 2>&1 &)');
  await expect.poll(() => agent.isConnected(), { timeout: 20_000 }).toBe(true);
  expect(await agent.facts()).toMatchObject({ agentVersion: '0.1', hostname: 'shelly', osName: null });

  await serial.run('> /asked');
  await expect(withQuietFileSystems(session, () => Promise.reject(new Error('a full disk')))).rejects.toThrow(
    'full disk',
  );
  expect(await serial.run("grep -o 'guest-fsfreeze-[a-z]*' /asked")).toBe(
    'guest-fsfreeze-freeze\nguest-fsfreeze-status\nguest-fsfreeze-thaw',
  );

  await session.pause();
  await session.resume();
  await expect.poll(() => serial.run('grep -c guest-set-time /asked; true'), { timeout: 20_000 }).toBe('1');

  await session.powerButton();
  expect(await session.exit).toEqual({ kind: 'guestShutdown' });
});
