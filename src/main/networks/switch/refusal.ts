import type { DropReason } from './counters.ts';
import { MIN_FRAME_BYTES } from './framing.ts';
import { mayMeetMachines } from './isolation.ts';
import { isGroup, isReserved, macAt } from './mac.ts';
import type { MachinePort } from './machine-port.ts';

const ETHERNET_HEADER_BYTES = 14;
const VLAN_TAG_BYTES = 4;
const VLAN_TYPES = new Set([0x8100, 0x88a8]);

/** What of a switch decides whether it takes a frame at all. */
export interface RefusalRules {
  /** Largest content of a frame, in bytes. */
  mtu: number;
  /** Whether an address belongs to a port of this switch for good. */
  hasOwner(mac: number): boolean;
}

/** Why a frame of this machine goes nowhere, whoever it is for; undefined: it may go on. */
export function refusalOfMachine(
  port: MachinePort,
  rules: RefusalRules,
  bytes: Buffer,
  start: number,
  end: number,
): DropReason | undefined {
  const wrong = wrongLength(bytes, start, end, rules.mtu);
  if (wrong) return wrong;
  const { settings } = port;
  if (!settings.isCableConnected) return 'cable';
  if (!mayMeetMachines(settings.profile)) return 'isolated';
  const isOwn = macAt(bytes, start + 6) === port.mac;
  const mayBring = settings.promiscuous === 'allowAll';
  return (isOwn ? undefined : wrongSource(bytes, start, rules, mayBring)) ?? wrongDestination(bytes, start);
}

/** The same of a frame that comes in through the uplink: it may be from anybody but those who are here. */
export function refusalAtUplink(
  rules: RefusalRules,
  bytes: Buffer,
  start: number,
  end: number,
): DropReason | undefined {
  return (
    wrongLength(bytes, start, end, rules.mtu) ??
    wrongSource(bytes, start, rules, true) ??
    wrongDestination(bytes, start)
  );
}

function wrongLength(bytes: Buffer, start: number, end: number, mtu: number): DropReason | undefined {
  const length = end - start;
  if (length < MIN_FRAME_BYTES) return 'malformed';
  const type = ((bytes[start + 12] as number) << 8) | (bytes[start + 13] as number);
  const most = mtu + ETHERNET_HEADER_BYTES + (VLAN_TYPES.has(type) ? VLAN_TAG_BYTES : 0);
  return length > most ? 'oversized' : undefined;
}

/** What is wrong with a source that is not the port's own; `mayBring`: others may be behind the port, if they are not here. */
function wrongSource(bytes: Buffer, start: number, rules: RefusalRules, mayBring: boolean): DropReason | undefined {
  const source = macAt(bytes, start + 6);
  if (isGroup(source) || source === 0) return 'malformed';
  return mayBring && !rules.hasOwner(source) ? undefined : 'spoofed';
}

function wrongDestination(bytes: Buffer, start: number): DropReason | undefined {
  return isReserved(macAt(bytes, start)) ? 'reserved' : undefined;
}
