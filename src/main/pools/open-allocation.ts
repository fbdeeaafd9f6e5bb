import os from 'node:os';
import type { MachineTable } from '../db/machine-table.ts';
import type { HostRoom } from '../hypervisor/pool-rules.ts';
import type { Sampler } from '../usage/sampler.ts';
import { AllocationController, type AllocationDeps } from './allocation-controller.ts';
import { previewAllocation } from './allocation-preview.ts';
import type { AllocationView } from './allocation-view.ts';

interface OpenDeps extends Omit<AllocationDeps, 'hostProcessors' | 'machines'> {
  machines: Pick<MachineTable, 'get' | 'list'>;
}

/** Lets the allocation follow the sampler's readings until `close`, which gives every machine its own cap back. */
export function openAllocation(
  deps: OpenDeps,
  { usage, room }: { usage: Pick<Sampler, 'subscribe'>; room: () => HostRoom },
): AllocationView & { close(): Promise<void> } {
  // Asked once: the answer costs a look at each of them.
  const controller = new AllocationController({ ...deps, hostProcessors: os.cpus().length });
  const unsubscribe = usage.subscribe((sample) => controller.onSample(sample));
  return {
    grants: () => controller.grants(),
    preview: (hypothesis) => {
      const parts = { pools: deps.pools.list(), machines: deps.machines.list(), room: room() };
      return previewAllocation({ ...parts, demands: controller.processorDemands() }, hypothesis);
    },
    close: () => {
      unsubscribe();
      return controller.close();
    },
  };
}
