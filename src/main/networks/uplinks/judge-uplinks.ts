import {
  interfaceOf,
  type Uplink,
  type UplinkCandidate,
  type UplinkFindings,
  type UplinkLack,
} from '../../../shared/model/uplink.ts';
import { isAllowed } from './bridge-access.ts';
import * as cures from './cures.ts';
import type { HostFacts, TapFacts } from './host-facts.ts';

/** linux/if_tun.h: made for one queue for each thread, which a carrier does not open. */
const IFF_MULTI_QUEUE = 0x0100;

/** Which bridges and TAP devices of the host can be uplinks, and of each that cannot why not, and the cure. Pure. */
export function judgeUplinks(facts: HostFacts): UplinkFindings {
  const ground = cures.platformLack(facts.platform) ?? cures.qemuLack(facts.qemu) ?? cures.tunLack(facts);
  const bridges = facts.bridges.map((bridge) =>
    candidate({ kind: 'bridge', bridge }, ground ?? bridgeLack(bridge, facts)),
  );
  const taps = facts.taps.map((tap) => candidate({ kind: 'tap', interface: tap.name }, ground ?? tapLack(tap, facts)));
  return {
    candidates: [...bridges, ...taps],
    lacks: {
      bridge: bridges.length > 0 ? null : (ground ?? cures.NO_BRIDGE),
      tap: taps.length > 0 ? null : (ground ?? cures.noTap(facts)),
    },
  };
}

/** Why this uplink cannot be; undefined: as far as one can tell, it can. Pure. */
export function lackOf(uplink: Uplink, { candidates, lacks }: UplinkFindings): UplinkLack | undefined {
  const name = interfaceOf(uplink);
  const found = candidates.find((each) => each.uplink.kind === uplink.kind && interfaceOf(each.uplink) === name);
  if (found) return found.isPossible ? undefined : (found.lack ?? undefined);
  const general = lacks[uplink.kind];
  if (general) return general;
  const what = uplink.kind === 'bridge' ? 'bridge' : 'TAP device';
  const others = candidates.flatMap((each) =>
    each.uplink.kind === uplink.kind ? [`'${interfaceOf(each.uplink)}'`] : [],
  );
  return {
    cause: `This computer has no ${what} '${name}'.`,
    cure: `Choose another in the settings of the network (there is ${others.join(', ')}), or make it.`,
  };
}

/** With a caution, an uplink is possible all the same. */
function candidate(uplink: Uplink, found: UplinkLack | { caution: UplinkLack } | undefined): UplinkCandidate {
  if (found === undefined) return { uplink, isPossible: true, lack: null };
  return 'caution' in found
    ? { uplink, isPossible: true, lack: found.caution }
    : { uplink, isPossible: false, lack: found };
}

function bridgeLack(bridge: string, facts: HostFacts): UplinkLack | { caution: UplinkLack } | undefined {
  const { helper, isNetworkAdmin, hasNoNewPrivileges } = facts;
  if (helper === null) return cures.NO_HELPER;
  if (!isNetworkAdmin && hasNoNewPrivileges) return cures.NO_NEW_PRIVILEGES;
  if (!isNetworkAdmin && !helper.hasRights) return cures.helperHasNoRights(helper.path);
  const { rules, listFile } = helper;
  if (rules === null) return cures.noList(bridge, listFile);
  if (rules === undefined) return { caution: cures.listUnreadable(bridge, listFile) };
  return isAllowed(rules, bridge) ? undefined : cures.bridgeNotAllowed(bridge, listFile);
}

/** As the kernel decides it (tun_not_capable in drivers/net/tun.c): both the user and the group must fit. */
function tapLack(tap: TapFacts, { user, isNetworkAdmin }: HostFacts): UplinkLack | undefined {
  const isOwn =
    (tap.owner === null || tap.owner === user.id) && (tap.group === null || user.groups.includes(tap.group));
  if (!isOwn && !isNetworkAdmin) return cures.tapOfOthers(tap, user.name);
  if ((tap.flags & IFF_MULTI_QUEUE) !== 0) return cures.tapOfSeveralQueues(tap, user.name);
  return tap.isUp ? undefined : cures.tapDown(tap);
}
