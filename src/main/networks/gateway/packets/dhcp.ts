import type { Ipv4, Mac } from './addresses.ts';
import { readUint16, readUint32, writeUint16, writeUint32 } from './bytes.ts';
import { readMac, writeMac } from './ethernet.ts';
import type { Malformed } from './refusal.ts';

export const DHCP_PORTS = { server: 67, client: 68 } as const;

/** RFC 2132, section 9.6. */
export const DHCP_TYPES = {
  discover: 1,
  offer: 2,
  request: 3,
  decline: 4,
  ack: 5,
  nak: 6,
  release: 7,
  inform: 8,
} as const;
export type DhcpType = keyof typeof DHCP_TYPES;

/** Options that the gateway reads or gives (RFC 2132, and RFC 3397 for the search list). */
export const DHCP_OPTIONS = {
  pad: 0,
  subnetMask: 1,
  router: 3,
  nameServers: 6,
  hostName: 12,
  domainName: 15,
  mtu: 26,
  broadcast: 28,
  requestedAddress: 50,
  leaseSeconds: 51,
  messageType: 53,
  serverId: 54,
  renewalSeconds: 58,
  rebindingSeconds: 59,
  end: 255,
} as const;

const MAGIC = 0x63825363;
/** Where the options begin (RFC 2131, section 2). */
const OPTIONS_AT = 240;
/** BOOTP clients may expect at least this (RFC 1542, section 2.1). */
const MIN_BYTES = 300;

export interface DhcpMessage {
  type: DhcpType;
  transactionId: number;
  /** Whether the client cannot take a unicast before it has its address. */
  isBroadcast: boolean;
  /** `ciaddr`: the address that the client has already; 0: none. */
  clientAddress: Ipv4;
  /** `yiaddr`: the address that it gets; 0: none. */
  yourAddress: Ipv4;
  clientMac: Mac;
  /** By option number, each as its bytes; parts of one option are joined (RFC 3396). */
  options: Map<number, Uint8Array>;
}

/** Reads a request of a client (RFC 2131, section 2). */
export function parseDhcp(bytes: Uint8Array): DhcpMessage | Malformed {
  if (bytes.length < OPTIONS_AT) return 'tooShort';
  const isEthernet = bytes[1] === 1 && bytes[2] === 6;
  if (!isEthernet || readUint32(bytes, 236) !== MAGIC) return 'badHeader';
  const options = readOptions(bytes.subarray(OPTIONS_AT));
  const code = options?.get(DHCP_OPTIONS.messageType)?.[0];
  const type = (Object.keys(DHCP_TYPES) as DhcpType[]).find((name) => DHCP_TYPES[name] === code);
  if (!options || !type) return 'badHeader';
  return {
    type,
    transactionId: readUint32(bytes, 4),
    isBroadcast: (readUint16(bytes, 10) & 0x8000) !== 0,
    clientAddress: readUint32(bytes, 12),
    yourAddress: readUint32(bytes, 16),
    clientMac: readMac(bytes, 28),
    options,
  };
}

function readOptions(bytes: Uint8Array): Map<number, Uint8Array> | undefined {
  const options = new Map<number, Uint8Array>();
  for (let at = 0; at < bytes.length; ) {
    const code = bytes[at] ?? DHCP_OPTIONS.end;
    at += 1;
    if (code === DHCP_OPTIONS.end) break;
    if (code === DHCP_OPTIONS.pad) continue;
    const length = bytes[at] ?? 256;
    if (at + 1 + length > bytes.length) return undefined;
    const part = bytes.slice(at + 1, at + 1 + length);
    const before = options.get(code);
    options.set(code, before ? new Uint8Array([...before, ...part]) : part);
    at += 1 + length;
  }
  return options;
}

/** Makes a message; `isReply` chooses between the two operations of BOOTP. Each option holds 255 bytes at most. */
export function makeDhcp(message: DhcpMessage, isReply: boolean): Uint8Array {
  const options = new Map([
    [DHCP_OPTIONS.messageType as number, new Uint8Array([DHCP_TYPES[message.type]])],
    ...message.options,
  ]);
  const optionBytes = [...options.values()].reduce((sum, value) => sum + 2 + value.length, 1);
  const bytes = new Uint8Array(Math.max(MIN_BYTES, OPTIONS_AT + optionBytes));
  bytes.set([isReply ? 2 : 1, 1, 6]);
  writeUint32(bytes, 4, message.transactionId);
  writeUint16(bytes, 10, message.isBroadcast ? 0x8000 : 0);
  writeUint32(bytes, 12, message.clientAddress);
  writeUint32(bytes, 16, message.yourAddress);
  writeMac(bytes, 28, message.clientMac);
  writeUint32(bytes, 236, MAGIC);
  let at = OPTIONS_AT;
  for (const [code, value] of options) {
    bytes.set([code, value.length, ...value], at);
    at += 2 + value.length;
  }
  bytes[at] = DHCP_OPTIONS.end;
  return bytes;
}

/** Addresses or numbers of 32 bits as an option's bytes. */
export function uint32Option(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  for (const [index, value] of values.entries()) writeUint32(bytes, index * 4, value);
  return bytes;
}

/** An option of one 32-bit number; undefined when it is absent or has another length. */
export function readUint32Option(message: DhcpMessage, code: number): number | undefined {
  const value = message.options.get(code);
  return value?.length === 4 ? readUint32(value, 0) : undefined;
}
