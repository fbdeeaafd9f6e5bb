import type { ForwardState, PortForward } from '../../../shared/model/virtual-network.ts';

/** The port of this computer; null while any free one is wanted and none has been taken. */
export function forwardPort({ hostPort }: PortForward, state: ForwardState | undefined): number | null {
  if (state?.openPort != null) return state.openPort;
  return hostPort === 0 ? null : hostPort;
}

/** How a forward is now: open, why not, or waiting for its machine. */
export function forwardWords(state: ForwardState | undefined): string {
  if (state === undefined) return '';
  if (state.failure !== null) return state.failure;
  if (state.openPort === null) return 'opens when the machine runs';
  const { connections } = state;
  return connections === 0 ? 'open' : `open, ${connections} ${connections === 1 ? 'connection' : 'connections'}`;
}
