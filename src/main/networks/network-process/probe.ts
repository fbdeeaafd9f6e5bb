import * as z from 'zod';
import { InnError } from '../../../shared/errors.ts';
import { BROADCAST_MAC, formatMac, parseIpv4, parseMac } from '../gateway/packets/addresses.ts';
import { ARP_BYTES, parseArp, writeArp } from '../gateway/packets/arp.ts';
import { ETHER_TYPES, ETHERNET_HEADER_BYTES, parseEthernet, writeEthernet } from '../gateway/packets/ethernet.ts';
import { HEADER_BYTES } from '../switch/framing.ts';
import type { VirtualSwitch } from '../switch/virtual-switch.ts';

export const ProbeRequest = z.strictObject({
  /** The port of whoever would ask. */
  portId: z.string(),
  /** IPv4 address that is asked for. */
  address: z.ipv4(),
  timeoutMs: z.int().min(1).max(10_000),
});
export type ProbeRequest = z.infer<typeof ProbeRequest>;

export interface ProbeAnswer {
  /** Address of the adapter that answered; null: nobody did. */
  answeredBy: string | null;
}

/**
 * Asks for an address as if the machine at a port had asked, and looks whether the answer reaches that port: the frames go
 * every way that the machine's own would go. The question is the one of RFC 5227 (no sender's address), so that it changes
 * no table of anybody; the answer to it is not shown to the guest, and nothing is counted.
 * @throws InnError `INVALID_STATE` when there is no such port, `CONFLICT` while its guest sends too many broadcasts
 */
export async function probeFrom(
  network: VirtualSwitch,
  { portId, address, timeoutMs }: ProbeRequest,
): Promise<ProbeAnswer> {
  const port = network.ports.get(portId);
  const wanted = parseIpv4(address);
  if (!port || wanted === undefined) throw new InnError('INVALID_STATE', `There is no adapter '${portId}' here.`);
  const { promise, resolve, reject } = Promise.withResolvers<ProbeAnswer>();
  const divert = (frame: Uint8Array): boolean => {
    const answeredBy = answererIn(frame, wanted);
    if (answeredBy !== undefined) resolve({ answeredBy });
    return answeredBy !== undefined;
  };
  port.diversions.add(divert);
  const timer = setTimeout(() => resolve({ answeredBy: null }), timeoutMs);
  const bytes = question(parseMac(port.settings.macAddress) ?? 0, wanted);
  const reason = port.probe(() => {
    network.receive(port, bytes, HEADER_BYTES, bytes.length);
    network.flush();
  });
  // Among too many questions of the guest's own, nothing is learnt from one more that is not carried.
  if (reason === 'storm')
    reject(new InnError('CONFLICT', `The adapter '${portId}' sends more broadcasts than it may.`));
  else if (reason) resolve({ answeredBy: null });
  return promise.finally(() => {
    port.diversions.delete(divert);
    clearTimeout(timer);
  });
}

function question(sourceMac: number, targetAddress: number): Buffer {
  const length = ETHERNET_HEADER_BYTES + ARP_BYTES;
  const bytes = Buffer.alloc(HEADER_BYTES + length);
  bytes.writeUInt32BE(length);
  writeEthernet(bytes.subarray(HEADER_BYTES), BROADCAST_MAC, sourceMac, ETHER_TYPES.arp);
  writeArp(bytes, HEADER_BYTES + ETHERNET_HEADER_BYTES, {
    ...{ operation: 'request', senderMac: sourceMac, senderAddress: 0, targetMac: 0, targetAddress },
  });
  return bytes;
}

/** Whose answer to the question it is; undefined: it is something else, such as the answer to a question of the guest's own. */
function answererIn(bytes: Uint8Array, wanted: number): string | undefined {
  const frame = parseEthernet(bytes);
  if (typeof frame === 'string' || frame.type !== ETHER_TYPES.arp) return undefined;
  const packet = parseArp(frame.payload);
  const isAnswer =
    typeof packet !== 'string' &&
    packet.operation === 'reply' &&
    packet.senderAddress === wanted &&
    packet.targetAddress === 0;
  return isAnswer ? formatMac(frame.source) : undefined;
}
