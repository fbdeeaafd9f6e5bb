import type { BootDevice, KernelBoot } from '../../shared/model/hardware.ts';
import type { Medium, MediumId } from '../../shared/model/medium.ts';
import type { AdapterMode, AdapterModel } from '../../shared/model/network.ts';
import { type Attachment, CONTROLLER_SLOTS, type StorageController } from '../../shared/model/storage.ts';
import { formatBytes } from '../../shared/units.ts';

export const BOOT_DEVICE_LABELS: Record<BootDevice, string> = {
  floppy: 'Floppy',
  optical: 'Optical',
  disk: 'Hard Disk',
  network: 'Network',
};

export const ADAPTER_MODE_LABELS: Record<AdapterMode, string> = {
  notAttached: 'Not attached',
  nat: 'NAT',
  natNetwork: 'NAT Network',
  internal: 'Internal Network',
  hostOnly: 'Host-only',
  bridged: 'Bridged',
};

export const ADAPTER_MODEL_LABELS: Record<AdapterModel, string> = {
  auto: 'Automatic',
  virtio: 'VirtIO',
  e1000: 'Intel e1000',
  ne2000: 'NE2000',
  pcnet: 'AMD PCnet',
};

/** What the machine starts from: a kernel, or the devices in their order. */
export function bootWords(kernelBoot: KernelBoot | null, order: readonly BootDevice[]): string {
  if (kernelBoot?.source === 'demo') return 'The demo guest that comes with Innkeeper';
  if (kernelBoot?.source === 'files') return `Linux kernel ${fileName(kernelBoot.kernelPath)}`;
  return order.length === 0 ? 'Nothing' : order.map((device) => BOOT_DEVICE_LABELS[device]).join(', ');
}

export function fileName(path: string): string {
  return path.split(/[/\\]/).at(-1) || path;
}

/** `Primary Master` on IDE, `Floppy 0`, else `Port 3`: the field's names of slots. */
export function slotWords(controller: StorageController, { port, device }: Attachment): string {
  if (controller.type === 'ide') {
    return `${port === 0 ? 'Primary' : 'Secondary'} ${device === 0 ? 'Master' : 'Slave'}`;
  }
  if (controller.type === 'floppy') return `Floppy ${device}`;
  return CONTROLLER_SLOTS[controller.type].devicesPerPort > 1 ? `Port ${port}, device ${device}` : `Port ${port}`;
}

/** `disk.qcow2 (20 GiB)`, `Empty`, or why the medium cannot be used. */
export function attachmentWords(attachment: Attachment, media: ReadonlyMap<MediumId, Medium>): string {
  if (attachment.mediumId === null) return 'Empty';
  const medium = media.get(attachment.mediumId);
  if (medium === undefined) return 'Unknown medium';
  if (medium.inaccessibleBecause !== null) return `${medium.name} (inaccessible)`;
  return `${medium.name} (${formatBytes(medium.virtualSizeBytes)})`;
}
