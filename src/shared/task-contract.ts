import * as z from 'zod';
import { call, Nothing } from './contract-call.ts';
import { Task, TaskId } from './model/task.ts';

export const task = {
  list: call
    .route({ method: 'GET', path: '/tasks', summary: 'Running and recent tasks', tags: ['task'] })
    .input(Nothing)
    .output(z.array(Task)),
  cancel: call
    .route({ method: 'POST', path: '/tasks/{id}/cancel', summary: 'Cancel a running task', tags: ['task'] })
    .input(z.object({ id: TaskId }))
    .output(Task),
};
