import { expect, it } from 'vitest';
import { type FakeCore, openFakeCore } from '../support/fake-core.ts';

/** The second machine runs with memory that a balloon took from the first; then the core ends, and machines run on. */
async function openCoreThatMadeRoom(): Promise<FakeCore> {
  const core = await openFakeCore();
  await core.add('first', { memoryMiB: 2048 });
  await core.add('second', { memoryMiB: 2048, osType: 'demo' });
  await core.client.machine.start({ machine: 'first' });
  await core.client.admission.startWith({ machine: 'second', choice: 'balloon' });
  expect(core.process('first').balloonMiB).toBeLessThan(2048);
  await core.close();
  return core;
}

it('keeps what a balloon took after the core was started anew, and gives it back when the other ends', async () => {
  const { folder, world, process } = await openCoreThatMadeRoom();
  const taken = process('first').balloonMiB;
  const next = await openFakeCore({ folder, world });
  await next.client.admission.check({ machine: 'second' }); // asked and answered: what opening began has been done
  expect(next.process('first').balloonMiB).toBe(taken);
  await next.client.machine.powerOff({ machine: 'second' });
  await expect.poll(() => next.process('first').balloonMiB).toBe(2048);
});

it('gives it back at once when the other ended while no core ran', async () => {
  const { folder, world, process } = await openCoreThatMadeRoom();
  process('second').end({ kind: 'guestShutdown' });
  const next = await openFakeCore({ folder, world });
  await expect.poll(() => next.process('first').balloonMiB).toBe(2048);
  expect(await next.state('second')).toBe('PoweredOff');
});

it('gives back what nobody holds: the earlier core took it itself, against a pressure of that time', async () => {
  const core = await openFakeCore();
  await core.add('first', { memoryMiB: 2048 });
  await core.client.machine.start({ machine: 'first' });
  await core.close();
  core.process('first').balloonMiB = 700;
  const next = await openFakeCore({ folder: core.folder, world: core.world });
  await expect.poll(() => next.process('first').balloonMiB).toBe(2048);
});

it('gives it back to a machine that is paused, too, which takes it when it goes on', async () => {
  const { folder, world, process } = await openCoreThatMadeRoom();
  process('second').end({ kind: 'guestShutdown' });
  process('first').suffer({ state: 'Paused', reason: 'user', detail: null });
  const next = await openFakeCore({ folder, world });
  await expect.poll(() => next.process('first').balloonMiB).toBe(2048);
  expect(await next.state('first')).toBe('Paused');
});

it('gives it back when the other ends while the giver is paused', async () => {
  const core = await openFakeCore();
  await core.add('first', { memoryMiB: 2048 });
  await core.add('second', { memoryMiB: 2048, osType: 'demo' });
  await core.client.machine.start({ machine: 'first' });
  await core.client.admission.startWith({ machine: 'second', choice: 'balloon' });
  await core.client.machine.pause({ machine: 'first' });
  await core.client.machine.powerOff({ machine: 'second' });
  await expect.poll(() => core.process('first').balloonMiB).toBe(2048);
});
