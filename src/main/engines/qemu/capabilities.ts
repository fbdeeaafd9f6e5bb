import type { Ability, EngineCapabilities } from '../../../shared/model/engine.ts';
import { LIMITS } from '../../../shared/model/hardware.ts';
import { AdapterModel } from '../../../shared/model/network.ts';
import { ControllerType } from '../../../shared/model/storage.ts';
import { boardCapabilities } from './board-capabilities.ts';
import { ADAPTER_DEVICES } from './command-line/network.ts';
import { NEEDED_DEVICES } from './command-line/storage.ts';

const yes: Ability = { isAvailable: true, reason: null };
const no = (reason: string): Ability => ({ isAvailable: false, reason });

/** Below this the firmware itself does not start. */
const MIN_MEMORY_MIB = 4;

/**
 * What a QEMU with these devices can do. Pure. @param devices undefined: no QEMU was found; what the usual one can do
 */
export function qemuCapabilities(
  devices: ReadonlySet<string> | undefined,
  platform: NodeJS.Platform = process.platform,
): EngineCapabilities {
  const has = (names: readonly string[]): boolean => devices === undefined || names.every((name) => devices.has(name));
  return {
    maxProcessors: LIMITS.processors.max,
    maxMemoryMiB: LIMITS.memoryMiB.max,
    minMemoryMiB: MIN_MEMORY_MIB,
    maxAdapters: LIMITS.adapters,
    architectures: ['i686', 'x86_64'],
    controllers: ControllerType.options.filter((type) => has(NEEDED_DEVICES[type])),
    maxDisks: 64,
    adapterModels: AdapterModel.options.filter((model) => model === 'auto' || has([ADAPTER_DEVICES[model]])),
    formats: ['raw', 'qcow2', 'vdi', 'vhd', 'vmdk', 'vhdx'],
    ...boardCapabilities(undefined, []),
    saveState: yes,
    warmStart: yes,
    executionCap: platform === 'win32' ? no('Windows cannot stop and continue the process of a machine.') : yes,
    powerButton: yes,
    changeMedium: yes,
    liveSnapshot: yes,
    balloon: has(['virtio-balloon-pci']) ? yes : no('This QEMU was built without the VirtIO balloon.'),
    hotplug: yes,
  };
}
