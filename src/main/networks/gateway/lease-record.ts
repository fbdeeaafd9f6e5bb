import type { Lease } from './lease-table.ts';
import { formatIpv4, formatMac, parseIpv4, parseMac } from './packets/addresses.ts';

/** A lease as it is stored and shown. */
export interface LeaseRecord {
  macAddress: string;
  address: string;
  /** What the guest calls itself; null when it does not say. */
  hostName: string | null;
  /** Milliseconds since 1970; one in the past is kept, so that the adapter gets the same address again. */
  expiresAtMs: number;
}

export const toRecord = ({ mac, address, hostName, expiresAtMs }: Lease): LeaseRecord => ({
  macAddress: formatMac(mac),
  address: formatIpv4(address),
  hostName,
  expiresAtMs,
});

/** Undefined for a record that cannot be read: the adapter gets a new lease then. */
export function fromRecord({ macAddress, address, hostName, expiresAtMs }: LeaseRecord): Lease | undefined {
  const mac = parseMac(macAddress);
  const number = parseIpv4(address);
  return mac === undefined || number === undefined ? undefined : { mac, address: number, hostName, expiresAtMs };
}
