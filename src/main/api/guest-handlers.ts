import type { implement } from '@orpc/server';
import type { contract } from '../../shared/contract.ts';
import type { CoreServices } from './services.ts';

type MachineCalls = ReturnType<typeof implement<typeof contract>>['machine'];

/** The calls on what runs in a machine. */
export function createGuestHandlers(
  machine: Pick<MachineCalls, 'guest' | 'exec'>,
  { guest }: Pick<CoreServices, 'guest'>,
) {
  return {
    guest: machine.guest.handler(({ input }) => guest.info(input.machine)),
    exec: machine.exec.handler(({ input: { machine: ref, ...command } }) => guest.execute(ref, command)),
  };
}
