/**
 * Ethernet frames on a stream, as QEMU's `-netdev stream` puts them: the length in 4 bytes, the highest first, then the
 * frame. Inside the switch a frame travels as a span of a larger buffer, with that header in the 4 bytes before it: frames
 * that lie one behind the other can go out in one piece.
 */
export const HEADER_BYTES = 4;

/** QEMU's own limit (`NET_BUFSIZE`): 64 KiB and room for headers. */
export const MAX_FRAMED_BYTES = 4096 + 65536;

/** Shortest frame that has destination, source and type. */
export const MIN_FRAME_BYTES = 14;
