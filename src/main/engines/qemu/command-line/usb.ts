/** Bus of the USB controller that every machine has, for its pointer and its USB drives. */
export const USB_BUS = 'usb.0';

/** Their systems have no driver for xHCI. */
const WITHOUT_XHCI = new Set(['windows-98', 'windows-2000', 'windows-xp-32', 'freedos']);

/** xHCI lets an idle guest sleep; the older controller wakes it a thousand times a second. */
export function usbControllerOf(osType: string): { driver: string; id: string } {
  return { driver: WITHOUT_XHCI.has(osType) ? 'piix3-usb-uhci' : 'qemu-xhci', id: 'usb' };
}
