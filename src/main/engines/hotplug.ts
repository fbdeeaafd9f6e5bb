import type { ResolvedAdapter, ResolvedDrive } from './start-spec.ts';

/**
 * Hardware that comes and goes while the machine runs. Calls reject with `NOT_SUPPORTED` for what this engine or this
 * machine cannot take, `GUEST_REFUSED` when the guest did not let a device go; nothing has changed then.
 */
export interface Hotplug {
  attachDrive(drive: ResolvedDrive): Promise<void>;
  detachDrive(drive: ResolvedDrive): Promise<void>;
  attachAdapter(adapter: ResolvedAdapter): Promise<void>;
  detachAdapter(adapterIndex: number): Promise<void>;
  /** @param count at least 1 */
  setProcessors(count: number): Promise<void>;
}
