import type { IpAddress } from '../gateway/packets/ip-address.ts';
import { givesAddresses } from './addressing.ts';
import { mayMeetMachines, mayMeetMember, mayMeetUplink } from './isolation.ts';
import type { MachinePort } from './machine-port.ts';
import type { FrameSource, SwitchMember } from './port.ts';
import type { UplinkPort } from './uplink-port.ts';

/** The port of a member, such as the gateway. */
export interface MemberPort {
  readonly kind: 'member';
  readonly id: string;
  readonly mac: number;
  readonly member: SwitchMember;
  readonly addresses: ReadonlySet<IpAddress>;
  readonly source: FrameSource;
}

export type AnyPort = MachinePort | MemberPort | UplinkPort;

/**
 * Whether a frame may go from one port to another. Pure.
 *
 * | | machine | member | uplink |
 * |---|---|---|---|
 * | machine | as their profiles say, unless the network keeps its machines apart | as its profile says | when it is `open` |
 * | uplink | when it is `open` | only its own services, and never to be given an address | |
 */
export function mayPass(
  from: AnyPort,
  to: AnyPort,
  bytes: Uint8Array,
  start: number,
  end: number,
  isolatesPorts: boolean,
): boolean {
  if (from.kind === 'uplink') return mayCrossUplink(from, to, 'out', bytes, start, end);
  if (to.kind === 'uplink') return mayCrossUplink(to, from, 'in', bytes, start, end);
  if (from.kind === 'machine') {
    if (to.kind === 'machine') {
      return !isolatesPorts && mayMeetMachines(from.settings.profile) && mayMeetMachines(to.settings.profile);
    }
    const { profile } = from.settings;
    return profile === 'open' || mayMeetMember(profile, 'toMember', to.addresses, { bytes, start, end });
  }
  if (to.kind === 'member') return true;
  return mayMeetMember(to.settings.profile, 'toMachine', from.addresses, { bytes, start, end });
}

/** @param way `out`: from the host's interface to the other port */
function mayCrossUplink(
  uplink: UplinkPort,
  other: AnyPort,
  way: 'in' | 'out',
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  if (!uplink.carriesAddresses && givesAddresses(bytes, start, end)) return false;
  if (other.kind === 'machine') return mayMeetUplink(other.settings.profile);
  if (other.kind === 'uplink') return false;
  const direction = way === 'out' ? 'toMember' : 'toMachine';
  return mayMeetMember(uplink.source.profile, direction, other.addresses, { bytes, start, end });
}
