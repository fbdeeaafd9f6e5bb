import { stat } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { counterBeyond, MEMORY_MIB, readCounter, type StartedMachine } from './machine-bench.ts';

const MIB = 1024 ** 2;

/** What runs, pauses, shows itself and is spoken to. */
export function describeRunning(machine: () => StartedMachine): void {
  it('runs the guest and says so', async () => {
    const { session, serial } = machine();
    expect(await session.status()).toEqual({ state: 'Running' });
    expect(await serial.run('echo hello')).toBe('hello');
  });

  it('stops the guest in its track and lets it go on', async () => {
    const { session, serial } = machine();
    await session.pause();
    expect(await session.status()).toMatchObject({ state: 'Paused', reason: 'user' });
    let isAnswered = false;
    const answer = serial.run('echo awake').finally(() => {
      isAnswered = true;
    });
    await session.pause(); // pausing what is paused does no harm
    for (let times = 0; times < 5; times += 1) await session.screenshot(); // time for a guest that did not stop
    expect(isAnswered).toBe(false);
    await session.resume();
    expect(await answer).toBe('awake');
    const before = await readCounter(serial);
    expect(await counterBeyond(serial, before)).toBeGreaterThan(before);
  });

  it('lets the guest go on while its state is kept', async () => {
    const { session, serial, bench } = machine();
    const file = path.join(bench.folder, 'another.state');
    await session.keepState(file);
    expect((await stat(file)).mode & 0o077).toBe(0);
    expect(await session.status()).toEqual({ state: 'Running' });
    await counterBeyond(serial, await readCounter(serial));
  });

  it('takes an execution cap', async () => {
    const { session, serial } = machine();
    await session.setCpuLimit(20);
    expect(await serial.run('echo slow')).toBe('slow');
    await session.setCpuLimit(100);
  });

  it('shows its screen as PNG', async () => {
    const { width, height, png } = await machine().session.screenshot();
    const bytes = Buffer.from(png);
    expect(bytes.subarray(1, 4).toString('latin1')).toBe('PNG');
    expect({ width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }).toEqual({ width, height });
    expect(width).toBeGreaterThanOrEqual(320);
  });

  it('speaks RFB on its screen', async () => {
    const screen = await machine().session.openChannel('screen');
    const [greeting] = (await new Promise((resolve) => screen.once('data', (...data) => resolve(data)))) as [Buffer];
    screen.destroy();
    expect(greeting.toString('latin1')).toMatch(/^RFB 003\.00\d\n/);
  });

  it("brings typed text and keys to the guest's keyboard", async () => {
    const { session, serial } = machine();
    await session.typeText('echo "Typed: {a} & <B>" > /dev/ttyS0');
    await session.sendKeys(['ret']);
    await serial.expect('Typed: {a} & <B>');
  });

  it('counts what the machine uses', async () => {
    const { session, serial } = machine();
    const before = await session.sample();
    // The host counts processor time in ticks of 10 ms (proc(5)): the guest works until one has passed.
    await expect
      .poll(async () => {
        await serial.run('echo work');
        return (await session.sample()).processorSeconds;
      })
      .toBeGreaterThan(before.processorSeconds);
    const after = await session.sample();
    expect(after.guestMemoryBytes).toBe(MEMORY_MIB * MIB);
    expect(after.residentBytes).toBeGreaterThan(MIB);
    for (const name of ['diskReadBytes', 'diskWriteBytes', 'networkInBytes', 'networkOutBytes'] as const) {
      expect(after[name]).toBeGreaterThanOrEqual(before[name]);
    }
  });

  it('keeps its sockets in a folder that nobody else may enter', async () => {
    const { mode } = await stat(machine().session.runtime.runtimeFolder);
    expect(mode & 0o777).toBe(0o700);
  });

  it('tells a second listener nothing about what its owner asked for', async () => {
    const { session } = machine();
    const heard: unknown[] = [];
    const stop = session.onStatus((status) => heard.push(status));
    await session.pause();
    await session.resume();
    await session.status();
    stop();
    expect(heard).toEqual([]);
  });
}
