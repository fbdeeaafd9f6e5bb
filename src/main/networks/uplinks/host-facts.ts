import type { BridgeRule } from './bridge-access.ts';

/** QEMU's bridge helper, as it lies on this computer. */
export interface BridgeHelper {
  path: string;
  /** It does its work with rights that this program does not have: setuid root, or a file capability. */
  hasRights: boolean;
  listFile: string;
  /** Undefined: the list is there and only others may read it; null: there is none. */
  rules: readonly BridgeRule[] | undefined | null;
}

/** A TAP device that stays when nobody uses it. */
export interface TapFacts {
  name: string;
  /** Flags of `/sys/class/net/<name>/tun_flags` (linux/if_tun.h). */
  flags: number;
  /** Numbers of the user and the group that may use it; null: it is not kept for any. */
  owner: number | null;
  group: number | null;
  /** Whether it is set up, in the sense of ip-link(8). */
  isUp: boolean;
}

/** All of this computer that decides over uplinks. Plain data: what follows from it is decided elsewhere. */
export interface HostFacts {
  platform: NodeJS.Platform;
  user: { name: string; id: number; groups: readonly number[] };
  /** This program may change the host's network itself (CAP_NET_ADMIN). */
  isNetworkAdmin: boolean;
  /** Programs that this one starts get no more rights than it has (PR_SET_NO_NEW_PRIVS). */
  hasNoNewPrivileges: boolean;
  /** QEMU as it can carry frames; null: there is none. */
  qemu: { canCarry: boolean; version: string } | null;
  /** Whether `/dev/net/tun` is there, and may be opened. */
  tunDevice: 'open' | 'closed' | 'missing';
  helper: BridgeHelper | null;
  bridges: readonly string[];
  taps: readonly TapFacts[];
}
