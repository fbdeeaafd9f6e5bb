import { describe, expect, it } from 'vitest';
import type { ChangeEvent } from '../../src/main/events.ts';
import { createTasks, PROGRESS_INTERVAL_MS, RECENT_LIMIT, type TaskHandle } from '../../src/main/tasks/task-service.ts';
import { InnError } from '../../src/shared/errors.ts';
import { Task, TaskId } from '../../src/shared/model/task.ts';
import { refusalOf } from '../support/refusal.ts';

const SAVE = { title: "Saving the state of 'web'", machineId: null, canCancel: true };

function openTasks() {
  const published: Task[] = [];
  let nowMs = Date.UTC(2026, 2, 1);
  const publish = (event: ChangeEvent) => {
    if (event.kind === 'taskChanged') published.push(Task.parse(event.task));
  };
  const tasks = createTasks({ events: { publish }, now: () => new Date(nowMs) });
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { tasks, published, pass };
}

/** Work that the test ends when it likes. */
function makeWork() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const handle = Promise.withResolvers<TaskHandle>();
  const work = (task: TaskHandle) => {
    handle.resolve(task);
    return promise;
  };
  return { work, handle: handle.promise, resolve, reject };
}

describe('a task', () => {
  it('is told at its beginning and its end, and settles as its work does', async () => {
    const { tasks, published, pass } = openTasks();
    const { work, resolve } = makeWork();
    const result = tasks.run(SAVE, work);
    expect(tasks.list()).toMatchObject([{ title: SAVE.title, status: 'running', progress: null, endedAt: null }]);
    pass(1000);
    resolve('saved');
    expect(await result).toBe('saved');
    expect(published.map(({ status }) => status)).toEqual(['running', 'done']);
    expect(tasks.list()).toMatchObject([{ progress: 1, endedAt: '2026-03-01T00:00:01.000Z', canCancel: false }]);
  });

  it('that fails keeps the failure with its code and hint, and throws it', async () => {
    const { tasks } = openTasks();
    const error = new InnError('DISK_FULL', 'No space.', { hint: 'Free some.', details: { path: '/x' } });
    const run = () => tasks.run(SAVE, () => Promise.reject(error));
    expect(await refusalOf(run)).toBe(error);
    const failure = { code: 'DISK_FULL', message: 'No space.', hint: 'Free some.', details: { path: '/x' } };
    expect(tasks.list()).toMatchObject([{ status: 'failed', detail: 'No space.', failure }]);
  });

  it('tells its progress five times a second at most, and stays within 0 and 1', async () => {
    const { tasks, published, pass } = openTasks();
    const { work, handle, resolve } = makeWork();
    const result = tasks.run(SAVE, work);
    const { progress } = await handle;
    for (let step = 0; step < 100; step += 1) {
      pass(10);
      progress(step / 50, `step ${step}`);
    }
    expect(published.length).toBeGreaterThan(3);
    expect(published.length).toBeLessThanOrEqual(1 + 1000 / PROGRESS_INTERVAL_MS);
    expect(tasks.list()).toMatchObject([{ progress: 1, detail: 'step 99' }]);
    progress(-1);
    expect(tasks.list()).toMatchObject([{ progress: 0, detail: 'step 99' }]);
    resolve('');
    await result;
    const told = published.length;
    progress(0.5);
    expect([published.length, tasks.list()[0]?.progress]).toEqual([told, 1]);
  });
});

describe('cancelling', () => {
  it('aborts the signal; work that ends for it counts as cancelled, not as failed', async () => {
    const { tasks, published } = openTasks();
    const { work, handle, reject } = makeWork();
    const result = tasks.run(SAVE, work);
    const { signal } = await handle;
    const { id } = tasks.list()[0] ?? expect.fail('no task');
    expect(tasks.cancel(id)).toMatchObject({ status: 'running', detail: 'Cancelling', canCancel: false });
    expect(signal.reason).toMatchObject({ code: 'CANCELLED' });
    reject(signal.reason);
    expect(await refusalOf(() => result)).toMatchObject({ code: 'CANCELLED' });
    expect(published.at(-1)).toMatchObject({ status: 'cancelled', failure: null });
    expect(tasks.cancel(id)).toMatchObject({ status: 'cancelled' });
  });

  it('too late for the work changes nothing', async () => {
    const { tasks } = openTasks();
    const { work, resolve } = makeWork();
    const result = tasks.run(SAVE, work);
    tasks.cancel(tasks.list()[0]?.id ?? expect.fail('no task'));
    resolve('done all the same');
    expect(await result).toBe('done all the same');
    expect(tasks.list()).toMatchObject([{ status: 'done' }]);
  });

  it('is refused for a task that cannot be, and for one that is not there', async () => {
    const { tasks } = openTasks();
    const { work, handle, resolve } = makeWork();
    const result = tasks.run({ ...SAVE, canCancel: false }, work);
    const id = tasks.list()[0]?.id ?? expect.fail('no task');
    expect(await refusalOf(() => tasks.cancel(id))).toMatchObject({ code: 'NOT_SUPPORTED' });
    expect((await handle).signal.aborted).toBe(false);
    resolve('');
    await result;
    const unknown = TaskId.parse('00000000-0000-4000-8000-000000000001');
    expect(await refusalOf(() => tasks.cancel(unknown))).toMatchObject({ code: 'TASK_NOT_FOUND' });
  });
});

describe('the list', () => {
  it('has what runs, then the latest that ended, and no more than it should', async () => {
    const { tasks } = openTasks();
    for (let count = 0; count < RECENT_LIMIT + 5; count += 1) {
      await tasks.run({ ...SAVE, title: `task ${count}` }, async () => undefined);
    }
    const { work, resolve } = makeWork();
    const result = tasks.run({ ...SAVE, title: 'running' }, work);
    const titles = tasks.list().map(({ title }) => title);
    expect(titles).toHaveLength(RECENT_LIMIT + 1);
    expect(titles.slice(0, 2)).toEqual(['running', `task ${RECENT_LIMIT + 4}`]);
    resolve('');
    await result;
  });
});
