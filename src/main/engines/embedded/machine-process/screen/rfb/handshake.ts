import { NATIVE_FORMAT, pixelFormatBytes } from './pixel-format.ts';
import { RfbProtocolError } from './protocol.ts';

/** What the server says first. Source: RFC 6143, 7.1.1. */
export const GREETING = Buffer.from('RFB 003.008\n', 'latin1');

const SECURITY_NONE = 1;

type Stage = 'version' | 'security' | 'clientInit' | 'done';

/**
 * The server's side of the handshake for versions 3.3, 3.7 and 3.8 with security "None": who may open the socket is
 * decided by the folder in which it lies. Source: RFC 6143, 7.1 to 7.3 and appendix A.
 */
export class Handshake {
  #stage: Stage = 'version';
  #minor = 8;
  readonly #serverInit: () => Buffer;

  /** `serverInit` is asked for when the client is let in. */
  constructor(serverInit: () => Buffer) {
    this.#serverInit = serverInit;
  }

  get isDone(): boolean {
    return this.#stage === 'done';
  }

  /**
   * Takes what it can from the beginning of `input`; undefined when more bytes are needed.
   * @throws RfbProtocolError when the client does not speak RFB, or chooses a security type that was not offered.
   */
  take(input: Buffer): { consumed: number; reply: Buffer } | undefined {
    if (this.#stage === 'version') return this.#takeVersion(input);
    if (input.length < 1) return undefined;
    if (this.#stage === 'security') return this.#takeSecurity(input.readUInt8(0));
    this.#stage = 'done';
    return { consumed: 1, reply: this.#serverInit() };
  }

  #takeVersion(input: Buffer): { consumed: number; reply: Buffer } | undefined {
    const expected = 'RFB 000.000\n';
    const text = input.toString('latin1', 0, expected.length);
    if (!GREETING.toString('latin1', 0, 4).startsWith(text.slice(0, 4)))
      throw new RfbProtocolError('not an RFB client');
    if (text.length < expected.length) return undefined;
    const match = /^RFB (\d{3})\.(\d{3})\n$/.exec(text);
    if (!match) throw new RfbProtocolError('malformed protocol version');
    const [major, minor] = [Number(match[1]), Number(match[2])];
    if (major < 3) throw new RfbProtocolError(`protocol version ${major}.${minor}`);
    this.#minor = major > 3 || minor >= 8 ? 8 : minor === 7 ? 7 : 3;
    this.#stage = this.#minor === 3 ? 'clientInit' : 'security';
    const reply = this.#minor === 3 ? Buffer.from([0, 0, 0, SECURITY_NONE]) : Buffer.from([1, SECURITY_NONE]);
    return { consumed: expected.length, reply };
  }

  #takeSecurity(type: number): { consumed: number; reply: Buffer } {
    if (type !== SECURITY_NONE) throw new RfbProtocolError(`security type ${type} was not offered`);
    this.#stage = 'clientInit';
    // Before 3.8, "None" has no SecurityResult.
    return { consumed: 1, reply: Buffer.alloc(this.#minor === 8 ? 4 : 0) };
  }
}

/** Source: RFC 6143, 7.3.2. */
export function serverInitMessage(width: number, height: number, name: string): Buffer {
  const nameBytes = Buffer.from(name, 'utf8');
  const size = Buffer.alloc(4);
  size.writeUInt16BE(width, 0);
  size.writeUInt16BE(height, 2);
  const nameLength = Buffer.alloc(4);
  nameLength.writeUInt32BE(nameBytes.length);
  return Buffer.concat([size, pixelFormatBytes(NATIVE_FORMAT), nameLength, nameBytes]);
}
