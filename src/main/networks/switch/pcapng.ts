/**
 * Captured frames in the form of pcapng (draft-ietf-opsawg-pcapng), little-endian, as Wireshark and tcpdump read it: one
 * section, one interface per port, one enhanced packet block per frame. Pure: it makes blocks, and others write them.
 */

/** Section 4.1, 4.2 and 4.3 of the draft. */
export const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
export const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const LINKTYPE_ETHERNET = 1;

/** Options: section 3.5 (end, comment), 4.1 (application), 4.2 (name, resolution) and 4.3 (flags). */
const OPTION = { end: 0, userApplication: 4, interfaceName: 2, timeResolution: 9, flags: 2 } as const;
/** Flags of a packet: bits 0 and 1 are its direction as the interface sees it. */
const FLAG = { in: 1, out: 2 } as const;

const NANOSECONDS = 9;

/** Beginning of a file: who wrote it. */
export function sectionHeader(application: string): Buffer {
  const body = Buffer.alloc(16);
  body.writeUInt32LE(BYTE_ORDER_MAGIC, 0);
  body.writeUInt16LE(1, 4);
  body.writeUInt16LE(0, 6);
  body.writeBigInt64LE(-1n, 8); // length of the section: not known
  return block(SECTION_HEADER, [body, ...options([OPTION.userApplication, Buffer.from(application)])]);
}

/** One interface; the first has number 0. Times of its packets are nanoseconds since 1970. */
export function interfaceDescription(name: string): Buffer {
  const body = Buffer.alloc(8);
  body.writeUInt16LE(LINKTYPE_ETHERNET, 0);
  body.writeUInt32LE(0, 4); // no limit of length
  const each = options([OPTION.interfaceName, Buffer.from(name)], [OPTION.timeResolution, Buffer.from([NANOSECONDS])]);
  return block(INTERFACE_DESCRIPTION, [body, ...each]);
}

/**
 * One frame.
 * @param direction `in`: towards the machine at this interface; `out`: from it
 * @param timeNs nanoseconds since 1970
 */
export function enhancedPacket(
  interfaceNumber: number,
  direction: 'in' | 'out',
  timeNs: bigint,
  frame: Uint8Array,
): Buffer {
  const head = Buffer.alloc(20);
  head.writeUInt32LE(interfaceNumber, 0);
  head.writeUInt32LE(Number(timeNs >> 32n), 4);
  head.writeUInt32LE(Number(timeNs & 0xffff_ffffn), 8);
  head.writeUInt32LE(frame.length, 12);
  head.writeUInt32LE(frame.length, 16);
  const flags = Buffer.alloc(4);
  flags.writeUInt32LE(FLAG[direction]);
  return block(ENHANCED_PACKET, [head, padded(frame), ...options([OPTION.flags, flags])]);
}

function block(type: number, parts: Uint8Array[]): Buffer {
  const length = 12 + parts.reduce((sum, part) => sum + part.length, 0);
  const head = Buffer.alloc(8);
  head.writeUInt32LE(type, 0);
  head.writeUInt32LE(length, 4);
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(length);
  return Buffer.concat([head, ...parts, tail], length);
}

function options(...each: [code: number, value: Uint8Array][]): Buffer[] {
  const list = [...each, [OPTION.end, Buffer.alloc(0)] as const];
  return list.flatMap(([code, value]) => {
    const head = Buffer.alloc(4);
    head.writeUInt16LE(code, 0);
    head.writeUInt16LE(value.length, 2);
    return [head, padded(value)];
  });
}

/** Everything begins at a multiple of 4 bytes. */
function padded(value: Uint8Array): Buffer {
  const result = Buffer.alloc(Math.ceil(value.length / 4) * 4);
  result.set(value);
  return result;
}
