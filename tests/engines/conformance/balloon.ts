import { expect, it } from 'vitest';
import type { SerialConsole } from '../../support/serial-console.ts';
import { MEMORY_MIB, type StartedMachine } from './machine-bench.ts';

const MIB = 1024 ** 2;
/** What the guest fills and empties again, so that the host holds it. */
const FILLED_MIB = 60;
const TARGET_MIB = 40;
const PATIENCE = { timeout: 30_000, interval: 100 };

/** The balloon, seen from the guest and from the host. */
export function describeBalloon(machine: () => StartedMachine, isReal: boolean): void {
  const balloonMiB = async () => Math.round(((await machine().session.sample()).balloonBytes ?? 0) / MIB);

  it('takes memory from the guest and gives it back, once it goes on if it is paused', async () => {
    const { session, serial } = machine();
    expect(await balloonMiB()).toBe(MEMORY_MIB);
    await session.setMemoryTarget(TARGET_MIB);
    await expect.poll(balloonMiB, PATIENCE).toBe(TARGET_MIB);
    if (isReal) expect(await freeMiB(serial)).toBeLessThan(TARGET_MIB);
    await expect.poll(async () => (await session.sample()).guestFreeBytes, PATIENCE).toBeLessThan(TARGET_MIB * MIB);
    await session.pause();
    await session.setMemoryTarget(MEMORY_MIB);
    await session.resume();
    await expect.poll(balloonMiB, PATIENCE).toBe(MEMORY_MIB);
    if (isReal) expect(await freeMiB(serial)).toBeGreaterThan(TARGET_MIB);
  });

  it.runIf(isReal)('gives the host back what the guest does without', async () => {
    const { session, serial } = machine();
    const residentMiB = async () => Math.round((await session.sample()).residentBytes / MIB);
    await serial.run(`dd if=/dev/urandom of=/fill bs=1M count=${FILLED_MIB} 2>/dev/null; rm /fill`);
    const held = await residentMiB();
    await session.setMemoryTarget(TARGET_MIB);
    await expect.poll(residentMiB, PATIENCE).toBeLessThan(held - FILLED_MIB / 2);
    await session.setMemoryTarget(MEMORY_MIB);
    await expect.poll(balloonMiB, PATIENCE).toBe(MEMORY_MIB);
    await serial.run(`dd if=/dev/urandom of=/fill bs=1M count=${FILLED_MIB} 2>/dev/null; md5sum /fill; rm /fill`);
  });
}

async function freeMiB(serial: SerialConsole): Promise<number> {
  const [, kiB] = /MemFree: +(\d+) kB/.exec(await serial.run('cat /proc/meminfo')) ?? [];
  return Number(kiB) / 1024;
}
