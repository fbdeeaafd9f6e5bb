import * as z from 'zod';

/** Name of a network interface, as Linux takes it: 15 characters at most (IFNAMSIZ, netdevice(7)). */
export const InterfaceName = z
  .string()
  .regex(/^(?!\.{1,2}$)[A-Za-z0-9_.-]{1,15}$/, 'The name of an interface has 1 to 15 letters, digits, dots or dashes.');

/**
 * The way from a network of machines to the host's own interface. `bridge`: a port of a bridge of the host, which makes
 * the machines members of the network that the bridge is in; `tap`: a TAP device of the host, whose other end the host
 * uses as its own interface.
 */
export const Uplink = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('bridge'), bridge: InterfaceName }),
  z.object({ kind: z.literal('tap'), interface: InterfaceName }),
]);
export type Uplink = z.infer<typeof Uplink>;

/** The interface of the host that an uplink is about. */
export function interfaceOf(uplink: Uplink): string {
  return uplink.kind === 'bridge' ? uplink.bridge : uplink.interface;
}

/** Something that stands in the way: a sentence of cause and one of cure. */
export const UplinkLack = z.object({ cause: z.string(), cure: z.string() });
export type UplinkLack = z.infer<typeof UplinkLack>;

/** A bridge or TAP device of this computer, and whether it can be an uplink. */
export const UplinkCandidate = z.object({
  uplink: Uplink,
  isPossible: z.boolean(),
  /** Why it cannot be one; or, where it can, what could still go wrong. */
  lack: UplinkLack.nullable(),
});
export type UplinkCandidate = z.infer<typeof UplinkCandidate>;

/** What of this computer can be an uplink. */
export const UplinkFindings = z.object({
  candidates: z.array(UplinkCandidate),
  /** Why there is no candidate of a kind at all, and how to get one. */
  lacks: z.object({ bridge: UplinkLack.nullable(), tap: UplinkLack.nullable() }),
});
export type UplinkFindings = z.infer<typeof UplinkFindings>;

/** An uplink as it is at the moment. */
export const UplinkState = z.object({
  /** Whether frames are carried to the host's interface and back. */
  isUp: z.boolean(),
  /** Why not; null while they are, or while it is only just starting. */
  failure: z.string().nullable(),
  /** What to do about it. */
  cure: z.string().nullable(),
  /** The last lines that the carrier said. */
  log: z.array(z.string()),
  /** Towards the host's interface, and from it. */
  inFrames: z.int().nonnegative(),
  inBytes: z.int().nonnegative(),
  outFrames: z.int().nonnegative(),
  outBytes: z.int().nonnegative(),
});
export type UplinkState = z.infer<typeof UplinkState>;
