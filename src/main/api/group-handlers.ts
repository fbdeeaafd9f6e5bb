import type { implement } from '@orpc/server';
import type { contract } from '../../shared/contract.ts';
import type { GroupService } from '../groups/group-service.ts';

type GroupCalls = ReturnType<typeof implement<typeof contract>>['group'];

/** The calls on whole groups, one line each. */
export function createGroupHandlers(call: Pick<GroupCalls, 'start' | 'stop'>, groups: GroupService) {
  return {
    start: call.start.handler(({ input }) => groups.start(input)),
    stop: call.stop.handler(({ input }) => groups.stop(input)),
  };
}
