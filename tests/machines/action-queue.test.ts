import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ActionQueue } from '../../src/main/machines/action-queue.ts';
import { gate } from '../support/gate.ts';

describe('the queue of actions', () => {
  it('runs the work of one key in order, also after a failure', async () => {
    const queue = new ActionQueue();
    const order: number[] = [];
    const first = queue.run('a', async () => {
      await new Promise((resolve) => setImmediate(resolve));
      order.push(1);
      throw new Error('first');
    });
    const second = queue.run('a', async () => order.push(2));
    await expect(first).rejects.toThrow('first');
    await second;
    expect(order).toEqual([1, 2]);
    expect(queue.isIdle('a')).toBe(true);
  });

  it('does not let one key wait for another', async () => {
    const queue = new ActionQueue();
    const { step, open, entered } = gate();
    const slow = queue.run('a', step);
    await entered;
    expect(await queue.run('b', async () => 'done')).toBe('done');
    open();
    await slow;
  });

  it('interrupts what runs, and not what waits', async () => {
    const queue = new ActionQueue();
    const { step, open, entered } = gate();
    const running = queue.run('a', async (signal) => {
      await step();
      return signal.aborted;
    });
    const waiting = queue.run('a', async (signal) => signal.aborted);
    await entered;
    queue.interrupt('a');
    open();
    expect(await running).toBe(true);
    expect(await waiting).toBe(false);
  });

  it('is drained when all has settled, also what was added meanwhile', async () => {
    const queue = new ActionQueue();
    let isDone = false;
    void queue.run('a', async () => {
      void queue.run('b', async () => {
        await new Promise((resolve) => setImmediate(resolve));
        isDone = true;
      });
    });
    await queue.drain();
    expect(isDone).toBe(true);
  });

  it('keeps the program alive until the work is done', async () => {
    const file = join(import.meta.dirname, '../../src/main/machines/action-queue.ts');
    const program = `
      import { ActionQueue } from ${JSON.stringify(file)};
      const work = () => new Promise((resolve) => setTimeout(resolve, 50).unref());
      await new ActionQueue().run('a', work);
      console.log('done');
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
    expect(stdout).toBe('done\n');
  });
});
