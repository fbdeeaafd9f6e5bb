import { stat } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { expectedPixel } from './pixel-format-arbitrary.ts';
import { RfbClient, TRUE_COLOUR } from './rfb-client.ts';
import { ScreenHost } from './screen-host.ts';

const [RAW, ZRLE, CURSOR, DESKTOP_SIZE] = [0, 16, -239, -223];
const [MOTION, EXTENDED_KEYS, EXTENDED_SIZE] = [-257, -258, -308];
const RED = 0xff0000ff;
const BLUE = 0xffff0000;

describe('the RFB server', () => {
  let host: ScreenHost;
  const clients: RfbClient[] = [];

  async function setUp(width = 200, height = 100): Promise<void> {
    host = await ScreenHost.open(width, height);
  }

  async function view(version: '3.3' | '3.7' | '3.8' = '3.8'): Promise<RfbClient> {
    const client = await RfbClient.open(host.path, version);
    clients.push(client);
    return client;
  }

  /** Asks for everything and reads it. */
  async function viewAll(...encodings: number[]): Promise<RfbClient> {
    const client = await view();
    client.setEncodings(...encodings);
    client.request(false);
    await client.update();
    return client;
  }

  function expectSamePicture(client: RfbClient): void {
    const expected = host.framebuffer.pixels.map((pixel) => expectedPixel(client.format, pixel));
    expect(client.picture).toEqual(expected);
  }

  afterEach(async () => {
    for (const client of clients.splice(0)) client.socket.destroy();
    await host.close();
  });

  it('lies in a socket that only its owner may open', async () => {
    await setUp();
    expect((await stat(host.path)).mode & 0o777).toBe(0o600);
  });

  it.each(['3.3', '3.7', '3.8'] as const)('lets in a viewer of version %s and tells size and name', async (version) => {
    await setUp(321, 123);
    const client = await view(version);
    expect([client.width, client.height, client.name]).toEqual([321, 123, 'host']);
    client.request(false);
    await client.update();
    expectSamePicture(client);
  });

  it('sends only the surroundings of what changed', async () => {
    await setUp();
    const client = await viewAll(ZRLE);
    host.paint(100, 50, RED, BLUE);
    client.request(true);
    const { rectangles } = await client.update();
    expect(rectangles).toEqual([{ x: 96, y: 48, width: 16, height: 16, encoding: ZRLE }]);
    expectSamePicture(client);
  });

  it('answers a request only when something changes, and once', async () => {
    await setUp();
    const client = await viewAll(ZRLE);
    client.request(true);
    client.key(0x61, true); // its byte tells that the server has read the request
    await expect.poll(() => host.keyBytes).toEqual([0x1e]);
    host.draw();
    host.paint(0, 0, BLUE);
    host.draw();
    host.paint(0, 99, BLUE);
    host.draw();
    const { rectangles } = await client.update();
    expect(rectangles).toHaveLength(1);
    expect(client.unread).toBe(0);
    client.request(true);
    expect((await client.update()).rectangles[0]?.y).toBe(96);
    expectSamePicture(client);
  });

  it('does not paint again what the guest painted as it was', async () => {
    await setUp();
    host.paint(5, 5, RED);
    const client = await viewAll(RAW);
    host.paint(5, 5, RED);
    host.paint(150, 90, BLUE);
    client.request(true);
    expect((await client.update()).rectangles).toEqual([{ x: 144, y: 80, width: 16, height: 16, encoding: RAW }]);
  });

  it('keeps for later what changed outside of the area that was asked for', async () => {
    await setUp();
    const client = await viewAll(RAW);
    host.paint(0, 0, RED);
    host.paint(199, 99, BLUE);
    client.request(true, { x: 0, y: 0, width: 50, height: 50 });
    expect((await client.update()).rectangles.map(({ x, y }) => [x, y])).toEqual([[0, 0]]);
    client.request(true);
    expect((await client.update()).rectangles).toEqual([{ x: 192, y: 96, width: 8, height: 4, encoding: RAW }]);
    expectSamePicture(client);
  });

  it('serves several viewers with pixel formats and encodings of their own', async () => {
    await setUp();
    const [first, second] = [await view(), await view()];
    first.setFormat(TRUE_COLOUR);
    first.setEncodings(ZRLE, RAW);
    second.setFormat({
      ...TRUE_COLOUR,
      bitsPerPixel: 16,
      depth: 16,
      isBigEndian: true,
      redMax: 31,
      greenMax: 63,
      blueMax: 31,
      redShift: 11,
      greenShift: 5,
    });
    second.setEncodings(RAW);
    for (const client of [first, second]) client.request(false);
    await Promise.all([first.update(), second.update()]);
    host.paint(10, 10, RED, BLUE, 0xff00ff00);
    for (const client of [first, second]) client.request(true);
    await Promise.all([first.update(), second.update()]);
    expect(second.picture[10 * 200 + 10]).toBe(0xf800);
    expectSamePicture(first);
    expectSamePicture(second);
  });

  it('sends everything anew in the new pixel format', async () => {
    await setUp();
    host.paint(1, 1, RED, BLUE);
    const client = await viewAll(ZRLE);
    client.setFormat({
      ...TRUE_COLOUR,
      bitsPerPixel: 8,
      depth: 8,
      redMax: 7,
      greenMax: 7,
      blueMax: 3,
      redShift: 5,
      greenShift: 2,
    });
    client.request(true);
    await client.update();
    expectSamePicture(client);
  });

  it.each([DESKTOP_SIZE, EXTENDED_SIZE])('follows the guest to another mode (pseudo-encoding %i)', async (encoding) => {
    await setUp();
    const client = await viewAll(ZRLE, encoding);
    if (encoding === EXTENDED_SIZE) {
      client.request(true); // the layout was told first, the picture comes now
      await client.update();
    }
    host.framebuffer.resize(320, 240);
    host.paint(300, 200, RED);
    client.request(true);
    expect((await client.update()).rectangles).toEqual([{ x: 0, y: 0, width: 320, height: 240, encoding }]);
    client.request(true);
    await client.update();
    expect([client.width, client.height]).toEqual([320, 240]);
    expectSamePicture(client);
  });

  it('cuts the picture for a viewer that cannot change its size', async () => {
    await setUp(100, 100);
    const client = await viewAll(RAW);
    host.framebuffer.resize(320, 240);
    host.paint(90, 90, RED);
    client.request(true);
    const { rectangles } = await client.update();
    expect(rectangles).toEqual([{ x: 0, y: 0, width: 100, height: 100, encoding: RAW }]);
    expect(client.picture[90 * 100 + 90]).toBe(0x0000ff);
  });

  it('refuses a size that the viewer asks for', async () => {
    await setUp();
    const client = await view();
    client.setEncodings(RAW, EXTENDED_SIZE);
    client.request(false);
    await client.update();
    const message = Buffer.alloc(8 + 16);
    message.writeUInt8(251, 0);
    message.writeUInt16BE(640, 2);
    message.writeUInt16BE(480, 4);
    message.writeUInt8(1, 6);
    client.socket.write(message);
    client.request(true);
    const { rectangles } = await client.update();
    expect(rectangles[0]).toEqual({ x: 1, y: 1, width: 200, height: 100, encoding: EXTENDED_SIZE });
  });

  it('gives the viewer a cursor, and takes it away when the guest draws its own', async () => {
    await setUp();
    const client = await view();
    client.setEncodings(RAW, CURSOR);
    client.request(false);
    const first = await client.update();
    expect(first.rectangles).toContainEqual({ x: 2, y: 2, width: 5, height: 5, encoding: CURSOR });
    host.pointerKind = { isAbsolute: true, cursor: 'none' };
    client.request(true);
    expect((await client.update()).rectangles).toEqual([{ x: 0, y: 0, width: 0, height: 0, encoding: CURSOR }]);
  });

  it('types keysyms and scan codes, and announces that it takes scan codes', async () => {
    await setUp();
    const client = await view();
    client.setEncodings(RAW, EXTENDED_KEYS);
    client.request(false);
    expect((await client.update()).rectangles[0]).toMatchObject({ encoding: EXTENDED_KEYS });
    client.key(0x61, true);
    client.key(0x61, false);
    client.extendedKey(0xff51, 0xcb, true);
    client.extendedKey(0xff51, 0xcb, false);
    await expect.poll(() => host.keyBytes).toEqual([0x1e, 0x9e, 0xe0, 0x4b, 0xe0, 0xcb]);
  });

  it('lifts the keys and buttons of a viewer that goes away', async () => {
    await setUp();
    const client = await view();
    client.key(0xffe3, true);
    client.key(0xffe9, true);
    client.pointer(1, 10, 10);
    await expect.poll(() => host.keyBytes).toEqual([0x1d, 0x38]);
    client.socket.destroy();
    await expect.poll(() => host.keyBytes).toEqual([0x1d, 0x38, 0xb8, 0x9d]);
    expect(host.pointerCalls.at(-1)).toBe('buttons 000');
  });

  it('passes on positions, and movements to a guest that knows no positions', async () => {
    await setUp();
    const client = await viewAll(RAW, MOTION);
    client.pointer(0, 50, 40);
    await expect.poll(() => host.pointerCalls).toContain('to 50,40 of 200x100');
    host.pointerKind = { isAbsolute: false, cursor: 'dot' };
    client.request(true);
    expect((await client.update()).rectangles).toEqual([{ x: 0, y: 0, width: 200, height: 100, encoding: MOTION }]);
    client.pointer(0, 0x7fff + 3, 0x7fff - 7);
    await expect.poll(() => host.pointerCalls.at(-1)).toBe('by 3,-7');
  });

  it('sends a viewer that reads nothing one update and no more', async () => {
    await setUp(800, 600);
    const client = await view();
    client.setEncodings(RAW);
    client.socket.pause();
    for (let request = 0; request < 200; request += 1) client.request(false);
    client.key(0x61, true);
    await expect.poll(() => host.keyBytes).toEqual([0x1e]);
    for (let frame = 0; frame < 20; frame += 1) host.draw();
    client.socket.resume();
    await client.update();
    client.socket.destroy();
    await expect.poll(() => host.keyBytes).toEqual([0x1e, 0x9e]);
    expect(client.unread).toBeLessThan(800 * 600 * 4 * 2);
  });
});
