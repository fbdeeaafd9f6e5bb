import * as z from 'zod';

export const AdapterModel = z.enum(['auto', 'virtio', 'e1000', 'ne2000', 'pcnet']);
export type AdapterModel = z.infer<typeof AdapterModel>;

/**
 * `nat`: the guest reaches the host's network through the engine; nobody reaches the guest.
 * `internal`: frames go to the socket of the adapter only, and to whoever is connected to it.
 */
export const AdapterMode = z.enum(['notAttached', 'nat', 'internal']);
export type AdapterMode = z.infer<typeof AdapterMode>;

/** Six octets in lower case with colons; unicast (the lowest bit of the first octet is 0). */
export const MacAddress = z
  .string()
  .regex(
    /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/,
    'A MAC address is six pairs of hexadecimal digits, such as 52:54:00:12:34:56.',
  )
  .refine(
    (mac) => (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0,
    'The second digit must be even: an odd one marks a multicast address.',
  );
export type MacAddress = z.infer<typeof MacAddress>;

export const NetworkAdapter = z.object({
  model: AdapterModel,
  mode: AdapterMode,
  macAddress: MacAddress,
  isCableConnected: z.boolean(),
});
export type NetworkAdapter = z.infer<typeof NetworkAdapter>;
