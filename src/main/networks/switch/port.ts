import type { IsolationProfile } from '../../../shared/model/network.ts';

/** Where a frame came from. One object per port, replaced when its settings change: fit as a key, never changed in place. */
export interface FrameSource {
  /** The port's id as the core named it: for a machine's adapter `<machine id>/<adapter index>`. */
  readonly portId: string;
  /** How far the frames of that adapter may go. The switch has enforced what it can; addresses are the gateway's part. */
  readonly profile: IsolationProfile;
  /** The adapter's own address, in lower case with colons; null: any (the port of another member). */
  readonly macAddress: string | null;
}

/**
 * A member of a network that lives inside the network process, such as the gateway. It has no cable, no limits and no
 * conditions; its address belongs to it alone, and no machine can take it.
 */
export interface SwitchMember {
  /** Unique on the switch; never that of a machine's port. */
  readonly id: string;
  /** In lower case with colons, unicast. */
  readonly macAddress: string;
  /** Its IPv4 addresses on this network: all that an adapter with the profile `offline` may speak to behind this port. */
  readonly ipv4Addresses: readonly string[];
  /** The same of IPv6, besides link-local ones, which they all may speak to; by default none. */
  readonly ipv6Addresses?: readonly string[];
  /**
   * A frame for this member: to its address, a broadcast or a multicast; 14 bytes at least, no checksum. The bytes are
   * only lent: whoever keeps them beyond the call copies them. It may call its `send` from here. It never throws.
   */
  receive(frame: Uint8Array, source: FrameSource): void;
}

/** How a member is connected to its switch. */
export interface MemberLink {
  /**
   * Puts a frame on the network: destination, source (the member's own address), type, content; 14 bytes at least, no
   * checksum; short ones need no padding. The bytes are copied before it returns. Frames of one turn go out together.
   */
  send(frame: Uint8Array): void;
  /** Takes the member off the switch; `send` does nothing afterwards. */
  detach(): void;
}

/** What a gateway needs of the switch. */
export interface MemberHost {
  /** @throws RangeError when the id or the address is taken */
  attach(member: SwitchMember): MemberLink;
  /** Who is on the network at the moment, members left out. */
  sources(): readonly FrameSource[];
}
