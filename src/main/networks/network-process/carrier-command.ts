import type { Uplink } from '../../../shared/model/uplink.ts';

/** The socket on which the carrier waits for the switch, in the folder that it runs in. */
export const CARRIER_SOCKET = 'frames';

/** What a carrier may not do, in QEMU's words (qemu(1), `-sandbox`): nothing but carry. */
const SHUT_IN = 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny';
/** The helper that makes a port of a bridge is a program with rights of its own. */
const WITH_HELPER = 'on,obsolete=deny,elevateprivileges=allow,spawn=allow,resourcecontrol=deny';

export interface CarrierTools {
  /** Path of QEMU's bridge helper; undefined: QEMU looks where it was built to. */
  helper: string | undefined;
  /** False for a QEMU that was built without seccomp. */
  hasSandbox: boolean;
}

/**
 * The arguments of a QEMU that has no machine: a hub with two ends, the host's interface and a stream of frames
 * (`-netdev`, qemu(1)). It runs in a folder of its own, where it makes its socket. The interface comes first: when it
 * cannot be had, nobody is let in.
 */
export function carrierArguments(uplink: Uplink, { helper, hasSandbox }: CarrierTools): string[] {
  const sandbox = uplink.kind === 'bridge' ? WITH_HELPER : SHUT_IN;
  return [
    ...[
      '-machine',
      'none',
      '-nodefaults',
      '-no-user-config',
      '-display',
      'none',
      '-monitor',
      'none',
      '-serial',
      'none',
    ],
    ...(hasSandbox ? ['-sandbox', sandbox] : []),
    ...['-name', 'innkeeper-uplink'],
    ...['-netdev', hostEnd(uplink, helper)],
    ...['-netdev', 'hubport,id=a,hubid=0,netdev=host'],
    ...['-netdev', `stream,id=net,server=on,addr.type=unix,addr.path=${CARRIER_SOCKET}`],
    ...['-netdev', 'hubport,id=b,hubid=0,netdev=net'],
  ];
}

function hostEnd(uplink: Uplink, helper: string | undefined): string {
  if (uplink.kind === 'bridge') {
    const own = helper === undefined ? '' : `,helper=${helper.replaceAll(',', ',,')}`;
    return `bridge,id=host,br=${uplink.bridge}${own}`;
  }
  return `tap,id=host,ifname=${uplink.interface},script=no,downscript=no,vnet_hdr=off`;
}
