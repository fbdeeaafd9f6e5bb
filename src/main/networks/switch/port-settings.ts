import * as z from 'zod';
import { NetworkAdapter } from '../../../shared/model/network.ts';

/** What the switch has to know of an adapter. Fields and units as in `NetworkAdapter`. */
export const PortSettings = NetworkAdapter.pick({
  macAddress: true,
  isCableConnected: true,
  profile: true,
  promiscuous: true,
  limitInBitsPerSecond: true,
  limitOutBitsPerSecond: true,
  conditions: true,
});
export type PortSettings = z.infer<typeof PortSettings>;

/** Some of the settings, for a change. Defaults do not fill in what was left out. */
export const PortChange = z.object({
  isCableConnected: PortSettings.shape.isCableConnected.optional(),
  profile: PortSettings.shape.profile.unwrap().optional(),
  promiscuous: PortSettings.shape.promiscuous.unwrap().optional(),
  limitInBitsPerSecond: PortSettings.shape.limitInBitsPerSecond.unwrap().optional(),
  limitOutBitsPerSecond: PortSettings.shape.limitOutBitsPerSecond.unwrap().optional(),
  conditions: PortSettings.shape.conditions.unwrap().optional(),
});
export type PortChange = z.infer<typeof PortChange>;
