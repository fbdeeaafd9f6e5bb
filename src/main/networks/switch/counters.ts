/**
 * Why a frame was not passed on.
 *
 * | reason | what it was |
 * |---|---|
 * | `malformed` | shorter than its header, or from an address that cannot be anybody's |
 * | `oversized` | longer than the network's MTU allows |
 * | `reserved` | for the neighbour alone (pause, spanning tree): no switch passes it on |
 * | `cable` | the cable is pulled |
 * | `link` | nobody at the other end of the adapter's socket |
 * | `spoofed` | from an address that is not the adapter's own |
 * | `isolated` | the profile or the network keeps the two apart |
 * | `storm` | more broadcasts than one port may send |
 * | `limit` | beyond the bandwidth limit of the adapter |
 * | `loss` | lost on purpose, by the link conditions |
 * | `queue` | the receiver takes frames too slowly |
 */
export const DROP_REASONS = [
  'malformed',
  'oversized',
  'reserved',
  'cable',
  'link',
  'spoofed',
  'isolated',
  'storm',
  'limit',
  'loss',
  'queue',
] as const;
export type DropReason = (typeof DROP_REASONS)[number];

/** Counters of one port since it was made. `in` is towards the guest, `out` from it, as the guest sees it. */
export interface PortCounters {
  inFrames: number;
  inBytes: number;
  outFrames: number;
  outBytes: number;
  /** Frames of this adapter's guest that went nowhere, or that were for it and did not reach it. */
  dropped: Record<DropReason, number>;
}

export function newCounters(): PortCounters {
  const dropped = Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0])) as Record<DropReason, number>;
  return { inFrames: 0, inBytes: 0, outFrames: 0, outBytes: 0, dropped };
}
