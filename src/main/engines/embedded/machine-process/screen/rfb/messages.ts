import type { Rectangle } from '../framebuffer.ts';
import { type PixelFormat, parsePixelFormat } from './pixel-format.ts';
import { RfbProtocolError } from './protocol.ts';

/** What a client can say once it is let in. */
export type ClientMessage =
  | { type: 'setPixelFormat'; format: PixelFormat }
  | { type: 'setEncodings'; encodings: number[] }
  | { type: 'updateRequest'; isIncremental: boolean; area: Rectangle }
  | { type: 'key'; keysym: number; isDown: boolean }
  | { type: 'extendedKey'; keysym: number; keycode: number; isDown: boolean }
  | { type: 'pointer'; mask: number; x: number; y: number }
  | { type: 'cutText' }
  | { type: 'setDesktopSize' };

export interface ParsedMessage {
  message: ClientMessage;
  /** Bytes of the message that stand in the input. */
  consumed: number;
  /** Bytes that follow and are to be thrown away as they come. */
  skip: number;
}

/** A clipboard text longer than this ends the connection. */
const MAX_CUT_TEXT = 16 * 1024 * 1024;

type Parser = (input: Buffer) => ParsedMessage | undefined;

/** By message type. Sources: RFC 6143, 7.5; rfbproto for 251 (SetDesktopSize) and 255 (QEMU). */
const PARSERS: Readonly<Record<number, Parser>> = {
  0: fixed(20, (input) => ({ type: 'setPixelFormat', format: parsePixelFormat(input.subarray(4)) })),
  2: parseSetEncodings,
  3: fixed(10, (input) => ({ type: 'updateRequest', isIncremental: input.readUInt8(1) !== 0, area: areaAt(input, 2) })),
  4: fixed(8, (input) => ({ type: 'key', isDown: input.readUInt8(1) !== 0, keysym: input.readUInt32BE(4) })),
  5: fixed(6, (input) => ({
    type: 'pointer',
    mask: input.readUInt8(1),
    x: input.readUInt16BE(2),
    y: input.readUInt16BE(4),
  })),
  6: parseCutText,
  251: parseSetDesktopSize,
  255: parseQemu,
};

/**
 * Takes the first message of `input`; undefined when more bytes are needed.
 * @throws RfbProtocolError for unknown types and impossible contents.
 */
export function parseMessage(input: Buffer): ParsedMessage | undefined {
  const [type] = input;
  if (type === undefined) return undefined;
  const parser = PARSERS[type];
  if (!parser) throw new RfbProtocolError(`unknown message type ${type}`);
  return parser(input);
}

function fixed(length: number, read: (input: Buffer) => ClientMessage): Parser {
  return (input) => (input.length < length ? undefined : { message: read(input), consumed: length, skip: 0 });
}

function areaAt(input: Buffer, at: number): Rectangle {
  return {
    x: input.readUInt16BE(at),
    y: input.readUInt16BE(at + 2),
    width: input.readUInt16BE(at + 4),
    height: input.readUInt16BE(at + 6),
  };
}

function parseSetEncodings(input: Buffer): ParsedMessage | undefined {
  if (input.length < 4) return undefined;
  const count = input.readUInt16BE(2);
  const consumed = 4 + count * 4;
  if (input.length < consumed) return undefined;
  const encodings = Array.from({ length: count }, (_, index) => input.readInt32BE(4 + index * 4));
  return { message: { type: 'setEncodings', encodings }, consumed, skip: 0 };
}

/** The text is not kept: the guest has no clipboard that we could reach. */
function parseCutText(input: Buffer): ParsedMessage | undefined {
  if (input.length < 8) return undefined;
  const length = input.readUInt32BE(4);
  if (length > MAX_CUT_TEXT) throw new RfbProtocolError(`clipboard text of ${length} bytes`);
  return { message: { type: 'cutText' }, consumed: 8, skip: length };
}

function parseSetDesktopSize(input: Buffer): ParsedMessage | undefined {
  if (input.length < 8) return undefined;
  return { message: { type: 'setDesktopSize' }, consumed: 8, skip: input.readUInt8(6) * 16 };
}

function parseQemu(input: Buffer): ParsedMessage | undefined {
  if (input.length < 2) return undefined;
  const subtype = input.readUInt8(1);
  if (subtype !== 0) throw new RfbProtocolError(`unknown QEMU message ${subtype}`);
  if (input.length < 12) return undefined;
  const isDown = input.readUInt16BE(2) !== 0;
  const [keysym, keycode] = [input.readUInt32BE(4), input.readUInt32BE(8)];
  return { message: { type: 'extendedKey', isDown, keysym, keycode }, consumed: 12, skip: 0 };
}
