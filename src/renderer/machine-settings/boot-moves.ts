import type { BootDevice } from '../../shared/model/hardware.ts';

/** Ticks a device, as the last to be tried, or takes its tick away. */
export function toggledDevice(order: readonly BootDevice[], device: BootDevice): BootDevice[] {
  return order.includes(device) ? order.filter((each) => each !== device) : [...order, device];
}

/** The order with the device at `index` one place further up (-1) or down (1); as it was at either end. */
export function movedDevice(order: readonly BootDevice[], index: number, by: -1 | 1): BootDevice[] {
  const [one, other] = [order[index], order[index + by]];
  if (one === undefined || other === undefined) return [...order];
  return order.map((device, at) => (at === index ? other : at === index + by ? one : device));
}
