import path from 'node:path';
import type { AdapterModel } from '../../../../shared/model/network.ts';
import { osTypeOf } from '../../../../shared/os-types.ts';
import { RUNTIME_FILES } from '../../runtime-files.ts';
import type { ResolvedAdapter } from '../../start-spec.ts';
import { bootIndexes } from './boot-index.ts';
import { type CommandPart, type CommandPlan, jsonOption, part } from './part.ts';

export const ADAPTER_DEVICES: Record<Exclude<AdapterModel, 'auto'>, string> = {
  virtio: 'virtio-net-pci',
  e1000: 'e1000',
  ne2000: 'ne2k_pci',
  pcnet: 'pcnet',
};

const OLD_WINDOWS = new Set(['windows-98', 'windows-2000', 'windows-xp-32']);

/** The model of an adapter whose model is `auto`: the best that the guest has a driver for out of the box. */
export function adapterModelFor(osType: string): Exclude<AdapterModel, 'auto'> {
  const { family } = osTypeOf(osType);
  if (family === 'linux' || family === 'bsd') return 'virtio';
  return OLD_WINDOWS.has(osType) || osType === 'freedos' ? 'pcnet' : 'e1000';
}

/**
 * Name of an adapter, by which `set_link` pulls its cable. The network behind it is never named there: QEMU 7.2 dies
 * when the cable of a socket is plugged in to which nobody is connected.
 */
export function adapterId(index: number): string {
  return `net${index}`;
}

export const networkId = (index: number): string => `network${index}`;

/** The adapters with their networks. */
export function networkPart(plan: CommandPlan): CommandPart {
  const { adapters, folders, config } = plan.spec;
  return part(
    'network',
    ...adapters.flatMap((adapter) => [
      ...jsonOption('-netdev', networkBehind(adapter.index, folders.runtime)),
      ...jsonOption(
        '-device',
        adapterDevice(adapter, config.osType, bootIndexes(plan.spec).network.get(adapter.index)),
      ),
    ]),
  );
}

/** A socket for frames that QEMU listens on, as the embedded engine does: the switch may come and go. */
export function networkBehind(index: number, runtimeFolder: string): Record<string, unknown> {
  const addr = { type: 'unix', path: path.join(runtimeFolder, RUNTIME_FILES.frames(index)) };
  return { type: 'stream', id: networkId(index), server: true, addr };
}

/** @param bootIndex its place in the boot order; undefined: it is not booted from */
export function adapterDevice(
  { index, model, macAddress }: ResolvedAdapter,
  osType: string,
  bootIndex: number | undefined,
): Record<string, unknown> {
  const driver = ADAPTER_DEVICES[model === 'auto' ? adapterModelFor(osType) : model];
  // Without a boot from the network the adapter needs no program for it, which not every installation has.
  const boot = bootIndex === undefined ? { romfile: '' } : { bootindex: bootIndex };
  return { driver, id: adapterId(index), netdev: networkId(index), mac: macAddress, ...boot };
}
