import path from 'node:path';
import { RUNTIME_FILES } from '../../runtime-files.ts';
import { type CommandPart, type CommandPlan, escapeValue, jsonOption, part } from './part.ts';
import { USB_BUS, usbControllerOf } from './usb.ts';

/** A standard VGA; its screen goes over a unix socket in the private folder, to any number of viewers at once. */
export function displayPart({ spec }: CommandPlan): CommandPart {
  const socket = escapeValue(path.join(spec.folders.runtime, RUNTIME_FILES.screen));
  return part(
    'display',
    ...['-display', 'none', '-vnc', `unix:${socket},share=force-shared`],
    ...jsonOption('-device', { driver: 'VGA', vgamem_mb: videoMemoryMiB(spec.config.display.videoMemoryMiB) }),
  );
}

/** QEMU takes powers of two only. */
function videoMemoryMiB(wanted: number): number {
  return 2 ** Math.ceil(Math.log2(wanted));
}

/** A tablet tells where the pointer is, not how it moved: the host's pointer need not be caught. */
export function pointerPart({ spec: { config } }: CommandPlan): CommandPart {
  return part(
    'pointer',
    ...jsonOption('-device', usbControllerOf(config.osType)),
    ...jsonOption('-device', { driver: 'usb-tablet', bus: USB_BUS }),
  );
}
