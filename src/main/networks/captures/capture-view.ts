import type { NetworkCapture } from '../../../shared/model/virtual-network.ts';
import { parsePortId } from '../machine-ports.ts';
import type { CaptureState } from '../network-process/captures.ts';

/** A capture that goes on, as its process has it. */
export function captureView({
  id,
  portId,
  path,
  frames,
  bytes,
  failure,
}: Omit<CaptureState, 'limitBytes'>): NetworkCapture {
  const port = portId === null ? null : parsePortId(portId);
  return {
    id,
    machineId: port?.machineId ?? null,
    adapter: port?.adapter ?? null,
    path,
    frames,
    bytes,
    failure,
    endedAt: null,
  };
}
