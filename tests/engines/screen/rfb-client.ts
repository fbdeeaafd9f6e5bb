import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { constants, inflateSync } from 'node:zlib';
import type { Rectangle } from '../../../src/main/engines/embedded/machine-process/screen/framebuffer.ts';
import type { PixelFormat } from '../../../src/main/engines/embedded/machine-process/screen/rfb/pixel-format.ts';
import { decodeRaw, decodeZrle, pixelBytes } from './rfb-decoders.ts';

/** 24-bit colour as most viewers ask for it: blue in the lowest byte. */
export const TRUE_COLOUR: PixelFormat = {
  bitsPerPixel: 32,
  depth: 24,
  isBigEndian: false,
  redMax: 255,
  greenMax: 255,
  blueMax: 255,
  redShift: 16,
  greenShift: 8,
  blueShift: 0,
};

export interface Update {
  rectangles: (Rectangle & { encoding: number })[];
}

/** A small RFB viewer for tests, written from RFC 6143 and not from our server. */
export class RfbClient {
  readonly socket: Duplex;
  width = 0;
  height = 0;
  name = '';
  format: PixelFormat = TRUE_COLOUR;
  /** The picture in numbers of `format`. */
  picture = new Uint32Array(0);
  #buffered: Buffer = Buffer.alloc(0);
  #wake: (() => void) | undefined;
  #isClosed = false;
  #compressed: Buffer = Buffer.alloc(0);
  #inflatedTo = 0;

  private constructor(socket: Duplex) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#buffered = Buffer.concat([this.#buffered, chunk]);
      this.#wake?.();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#isClosed = true;
      this.#wake?.();
    });
  }

  /** Connects and goes through the handshake of the given version. */
  static async open(path: string, version: '3.3' | '3.7' | '3.8' = '3.8'): Promise<RfbClient> {
    const client = await RfbClient.connectOnly(path);
    await client.#shakeHands(version);
    return client;
  }

  /** Goes through the handshake on a connection that is there. */
  static async over(stream: Duplex): Promise<RfbClient> {
    const client = new RfbClient(stream);
    await client.#shakeHands('3.8');
    return client;
  }

  async #shakeHands(version: '3.3' | '3.7' | '3.8'): Promise<void> {
    const greeting = (await this.read(12)).toString('latin1');
    if (greeting !== 'RFB 003.008\n') throw new Error(`greeting ${JSON.stringify(greeting)}`);
    this.socket.write(`RFB 003.00${version.slice(2)}\n`);
    if (version === '3.3') {
      if ((await this.read(4)).readUInt32BE() !== 1) throw new Error('security type');
    } else {
      const types = await this.read((await this.read(1)).readUInt8());
      if (!types.includes(1)) throw new Error('"None" is not offered');
      this.socket.write(Buffer.from([1]));
    }
    if (version === '3.8' && (await this.read(4)).readUInt32BE() !== 0) throw new Error('security result');
    this.socket.write(Buffer.from([1]));
    await this.#readServerInit();
  }

  /** Connects and leaves the rest to the test. */
  static async connectOnly(path: string): Promise<RfbClient> {
    const socket = connect(path);
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new RfbClient(socket);
  }

  /** Resolves when the server has closed the connection. */
  async closed(): Promise<void> {
    while (!this.#isClosed) await this.#more();
  }

  setFormat(format: PixelFormat): void {
    this.format = format;
    const message = Buffer.alloc(20);
    message.writeUInt8(format.bitsPerPixel, 4);
    message.writeUInt8(format.depth, 5);
    message.writeUInt8(format.isBigEndian ? 1 : 0, 6);
    message.writeUInt8(1, 7);
    message.writeUInt16BE(format.redMax, 8);
    message.writeUInt16BE(format.greenMax, 10);
    message.writeUInt16BE(format.blueMax, 12);
    message.writeUInt8(format.redShift, 14);
    message.writeUInt8(format.greenShift, 15);
    message.writeUInt8(format.blueShift, 16);
    this.socket.write(message);
  }

  setEncodings(...encodings: number[]): void {
    const message = Buffer.alloc(4 + encodings.length * 4);
    message.writeUInt8(2, 0);
    message.writeUInt16BE(encodings.length, 2);
    encodings.forEach((encoding, index) => {
      message.writeInt32BE(encoding, 4 + index * 4);
    });
    this.socket.write(message);
  }

  request(isIncremental: boolean, area: Rectangle = { x: 0, y: 0, width: this.width, height: this.height }): void {
    const message = Buffer.alloc(10);
    message.writeUInt8(3, 0);
    message.writeUInt8(isIncremental ? 1 : 0, 1);
    [area.x, area.y, area.width, area.height].forEach((value, index) => {
      message.writeUInt16BE(value, 2 + index * 2);
    });
    this.socket.write(message);
  }

  key(keysym: number, isDown: boolean): void {
    const message = Buffer.alloc(8);
    message.writeUInt8(4, 0);
    message.writeUInt8(isDown ? 1 : 0, 1);
    message.writeUInt32BE(keysym, 4);
    this.socket.write(message);
  }

  /** Strokes for characters that need no Shift. */
  type(text: string): void {
    for (const character of text) {
      const keysym = character === '\n' ? 0xff0d : character.charCodeAt(0);
      this.key(keysym, true);
      this.key(keysym, false);
    }
  }

  extendedKey(keysym: number, keycode: number, isDown: boolean): void {
    const message = Buffer.alloc(12);
    message.writeUInt8(255, 0);
    message.writeUInt16BE(isDown ? 1 : 0, 2);
    message.writeUInt32BE(keysym, 4);
    message.writeUInt32BE(keycode, 8);
    this.socket.write(message);
  }

  pointer(mask: number, x: number, y: number): void {
    const message = Buffer.alloc(6);
    message.writeUInt8(5, 0);
    message.writeUInt8(mask, 1);
    message.writeUInt16BE(x, 2);
    message.writeUInt16BE(y, 4);
    this.socket.write(message);
  }

  /** Reads one FramebufferUpdate and applies it. */
  async update(): Promise<Update> {
    const head = await this.read(4);
    if (head.readUInt8(0) !== 0) throw new Error(`message ${head.readUInt8(0)}`);
    const rectangles: Update['rectangles'] = [];
    for (let left = head.readUInt16BE(2); left > 0; left -= 1) {
      const header = await this.read(12);
      const [x, y, width, height] = [0, 2, 4, 6].map((at) => header.readUInt16BE(at)) as [
        number,
        number,
        number,
        number,
      ];
      const rectangle = { x, y, width, height, encoding: header.readInt32BE(8) };
      await this.#apply(rectangle);
      rectangles.push(rectangle);
    }
    return { rectangles };
  }

  async read(length: number): Promise<Buffer> {
    while (this.#buffered.length < length) {
      if (this.#isClosed) throw new Error('the server closed the connection');
      await this.#more();
    }
    const bytes = this.#buffered.subarray(0, length);
    this.#buffered = this.#buffered.subarray(length);
    return bytes;
  }

  /** Bytes that came and were not asked for. */
  get unread(): number {
    return this.#buffered.length;
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  async #readServerInit(): Promise<void> {
    const init = await this.read(24);
    this.#resize(init.readUInt16BE(0), init.readUInt16BE(2));
    this.format = {
      bitsPerPixel: init.readUInt8(4) as 32,
      depth: init.readUInt8(5),
      isBigEndian: init.readUInt8(6) !== 0,
      redMax: init.readUInt16BE(8),
      greenMax: init.readUInt16BE(10),
      blueMax: init.readUInt16BE(12),
      redShift: init.readUInt8(14),
      greenShift: init.readUInt8(15),
      blueShift: init.readUInt8(16),
    };
    this.name = (await this.read(init.readUInt32BE(20))).toString('utf8');
  }

  #resize(width: number, height: number): void {
    this.width = width;
    this.height = height;
    this.picture = new Uint32Array(width * height);
  }

  async #apply(rectangle: Rectangle & { encoding: number }): Promise<void> {
    const { width, height, encoding } = rectangle;
    if (encoding === 0) {
      this.#paint(rectangle, decodeRaw(await this.read(width * height * pixelBytes(this.format)), this.format));
    } else if (encoding === 16) {
      const length = (await this.read(4)).readUInt32BE();
      this.#paint(rectangle, decodeZrle(this.#inflate(await this.read(length)), width, height, this.format));
    } else if (encoding === -223) {
      this.#resize(width, height);
    } else if (encoding === -308) {
      const screens = (await this.read(4)).readUInt8(0);
      await this.read(screens * 16);
      if (rectangle.y === 0) this.#resize(width, height);
    } else if (encoding === -239) {
      await this.read(width * height * pixelBytes(this.format) + Math.ceil(width / 8) * height);
    } else if (encoding !== -258 && encoding !== -257) {
      throw new Error(`encoding ${encoding}`);
    }
  }

  /** All pieces of a connection are one stream: it is unpacked from its beginning each time, which proves it. */
  #inflate(piece: Buffer): Buffer {
    this.#compressed = Buffer.concat([this.#compressed, piece]);
    const all = inflateSync(this.#compressed, { finishFlush: constants.Z_SYNC_FLUSH });
    const fresh = all.subarray(this.#inflatedTo);
    this.#inflatedTo = all.length;
    return fresh;
  }

  #paint({ x, y, width, height }: Rectangle, pixels: Uint32Array): void {
    if (x + width > this.width || y + height > this.height) throw new Error('a rectangle leaves the picture');
    for (let row = 0; row < height; row += 1) {
      this.picture.set(pixels.subarray(row * width, (row + 1) * width), (y + row) * this.width + x);
    }
  }
}
