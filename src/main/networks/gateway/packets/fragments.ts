import type { IpPacket } from './ip-packet.ts';
import { IPV4_HEADER_BYTES, MAX_IPV4_BYTES } from './ipv4.ts';

/** How long the pieces of a datagram wait for each other (RFC 1122, section 3.3.2: 60 to 120 seconds; less harms less). */
const WAIT_MS = 30_000;
/** Datagrams in pieces, and pieces of one datagram, that are kept at a time: no guest can fill the memory with them. */
const MAX_DATAGRAMS = 32;
const MAX_PIECES = 64;

interface Datagram {
  startedAtMs: number;
  pieces: { offset: number; bytes: Uint8Array }[];
  totalBytes: number | undefined;
  heldBytes: number;
}

/**
 * Puts fragments of datagrams together (RFC 791, section 3.2, and RFC 8200, section 4.5), within bounds. Overlapping pieces
 * end a datagram.
 */
export class FragmentAssembler {
  readonly #datagrams = new Map<string, Datagram>();

  /** Takes a fragment; gives the whole packet once it is complete. Times in milliseconds. */
  add<Packet extends IpPacket>(packet: Packet, nowMs: number): Packet | undefined {
    this.#forgetOld(nowMs);
    const key = `${packet.source} ${packet.destination} ${packet.protocol} ${packet.identification}`;
    const datagram = this.#datagrams.get(key) ?? this.#begin(key, nowMs);
    if (!takePiece(datagram, packet)) {
      this.#datagrams.delete(key);
      return undefined;
    }
    if (datagram.heldBytes !== datagram.totalBytes) return undefined;
    this.#datagrams.delete(key);
    return { ...packet, fragmentOffset: 0, hasMoreFragments: false, payload: join(datagram) };
  }

  #begin(key: string, nowMs: number): Datagram {
    const datagram: Datagram = { startedAtMs: nowMs, pieces: [], totalBytes: undefined, heldBytes: 0 };
    const oldest = this.#datagrams.size >= MAX_DATAGRAMS ? this.#datagrams.keys().next().value : undefined;
    if (oldest !== undefined) this.#datagrams.delete(oldest);
    this.#datagrams.set(key, datagram);
    return datagram;
  }

  #forgetOld(nowMs: number): void {
    for (const [key, { startedAtMs }] of this.#datagrams) {
      if (nowMs - startedAtMs < WAIT_MS) return;
      this.#datagrams.delete(key);
    }
  }
}

/** One assembler for each port: what a machine sends in pieces takes nothing from the others. */
export class FragmentAssemblers {
  readonly #assemblers = new Map<string, FragmentAssembler>();

  /** As `FragmentAssembler.add`. */
  add<Packet extends IpPacket>(portId: string, packet: Packet, nowMs: number): Packet | undefined {
    const known = this.#assemblers.get(portId);
    const assembler = known ?? new FragmentAssembler();
    if (!known) this.#assemblers.set(portId, assembler);
    return assembler.add(packet, nowMs);
  }

  forgetPort(portId: string): void {
    this.#assemblers.delete(portId);
  }
}

/** Whether the piece fits to those that are there. */
function takePiece(datagram: Datagram, packet: IpPacket): boolean {
  const offset = packet.fragmentOffset;
  const end = offset + packet.payload.length;
  const isOdd = packet.hasMoreFragments && packet.payload.length % 8 !== 0;
  if (isOdd || packet.payload.length === 0 || end > MAX_IPV4_BYTES - IPV4_HEADER_BYTES) return false;
  const isRepeated = datagram.pieces.some((piece) => piece.offset === offset && piece.bytes.length === end - offset);
  if (isRepeated) return true;
  const isOverlapping = datagram.pieces.some(
    (piece) => piece.offset < end && offset < piece.offset + piece.bytes.length,
  );
  if (isOverlapping || datagram.pieces.length >= MAX_PIECES) return false;
  if (!packet.hasMoreFragments) {
    if (datagram.totalBytes !== undefined) return false;
    datagram.totalBytes = end;
  }
  datagram.pieces.push({ offset, bytes: packet.payload.slice() });
  datagram.heldBytes += end - offset;
  return datagram.totalBytes === undefined || datagram.heldBytes <= datagram.totalBytes;
}

function join({ pieces, heldBytes }: Datagram): Uint8Array {
  const whole = new Uint8Array(heldBytes);
  for (const { offset, bytes } of pieces)
    if (offset < heldBytes) whole.set(bytes.subarray(0, heldBytes - offset), offset);
  return whole;
}
