/** MAC address of the adapter with this number, as text. */
export function macOf(number: number): string {
  return `52:54:00:00:${hex(number >> 8)}:${hex(number & 0xff)}`;
}

export const BROADCAST = 'ff:ff:ff:ff:ff:ff';

/** EtherType for local experiments (IEEE 802, 9.2.4). */
const EXPERIMENT = 0x88b5;

export interface FrameParts {
  to: string;
  from: string;
  type?: number;
  content?: Uint8Array;
}

/** An Ethernet frame without its framing. */
export function makeFrame({ to, from, type = EXPERIMENT, content = Buffer.alloc(46) }: FrameParts): Buffer {
  return Buffer.concat([macBytes(to), macBytes(from), Buffer.from([type >> 8, type & 0xff]), content]);
}

/** The frame as it stands on a stream: behind its length in 4 bytes. */
export function framed(frame: Uint8Array): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(frame.length);
  return Buffer.concat([header, frame]);
}

/** An IPv4 packet with nothing in it but addresses. */
export function ipv4Content(from: string, to: string): Buffer {
  const packet = Buffer.alloc(46);
  packet[0] = 0x45;
  packet.set(from.split('.').map(Number), 12);
  packet.set(to.split('.').map(Number), 16);
  return packet;
}

function macBytes(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(':', ''), 'hex');
}

const hex = (octet: number): string => octet.toString(16).padStart(2, '0');
