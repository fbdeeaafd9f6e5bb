import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RfbClient } from './rfb-client.ts';
import { ScreenHost } from './screen-host.ts';

/** Each of these is a reason to close the connection. */
const HOSTILE_MESSAGES: Record<string, number[]> = {
  'an unknown type': [99],
  'a pixel format of 24 bits': [0, 0, 0, 0, 24, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0],
  'a pixel format with a colour map': [0, 0, 0, 0, 8, 8, 0, 0, 0, 7, 0, 7, 0, 3, 5, 2, 0, 0, 0, 0],
  'a pixel format without red': [0, 0, 0, 0, 32, 24, 0, 1, 0, 0, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0],
  'a pixel format whose channel is shifted out': [0, 0, 0, 0, 16, 16, 0, 1, 0, 31, 0, 63, 0, 31, 200, 5, 0, 0, 0, 0],
  'a clipboard of 4 GiB': [6, 0, 0, 0, 255, 255, 255, 255],
  'an unknown QEMU message': [255, 77],
};

const NOT_RFB: Record<string, string> = {
  HTTP: 'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
  'a version without numbers': 'RFB abc.def\n',
  'a version that is too old': 'RFB 002.000\n',
  'a security type that was not offered': 'RFB 003.008\n\u0002',
};

describe('a hostile viewer', () => {
  let host: ScreenHost;
  let bystander: RfbClient;

  beforeAll(async () => {
    host = await ScreenHost.open(64, 64);
    bystander = await RfbClient.open(host.path);
  });

  afterAll(async () => {
    bystander.socket.destroy();
    await host.close();
  });

  /** The other viewer must not notice anything. */
  async function expectBystanderServed(): Promise<void> {
    bystander.request(false);
    expect((await bystander.update()).rectangles).toHaveLength(1);
  }

  it.each(Object.entries(HOSTILE_MESSAGES))('is closed for %s', async (_name, bytes) => {
    const client = await RfbClient.open(host.path);
    client.socket.write(Buffer.from(bytes));
    await client.closed();
    await expectBystanderServed();
  });

  it.each(Object.entries(NOT_RFB))('is closed for %s', async (_name, text) => {
    const client = await RfbClient.connectOnly(host.path);
    client.socket.write(Buffer.from(text, 'latin1'));
    await client.closed();
    await expectBystanderServed();
  });

  it('is told apart from one that sends a long clipboard text', async () => {
    const client = await RfbClient.open(host.path);
    const head = Buffer.from([6, 0, 0, 0, 0, 0x10, 0, 0]);
    client.socket.write(Buffer.concat([head, Buffer.alloc(0x100000, 0x41)]));
    client.request(false);
    expect((await client.update()).rectangles).toHaveLength(1);
    client.socket.destroy();
  });

  it('may send messages byte by byte', async () => {
    const client = await RfbClient.open(host.path);
    const request = [3, 0, 0, 0, 0, 0, 0, 64, 0, 64];
    for (const byte of request) await new Promise((resolve) => client.socket.write(Buffer.from([byte]), resolve));
    expect((await client.update()).rectangles).toHaveLength(1);
    client.socket.destroy();
  });

  it('may ask for areas outside of the picture and encodings that do not exist', async () => {
    const client = await RfbClient.open(host.path);
    client.setEncodings(...Array.from({ length: 65_535 }, (_, index) => index - 30_000));
    client.request(false, { x: 65_535, y: 65_535, width: 65_535, height: 65_535 });
    client.request(false, { x: 0, y: 0, width: 65_535, height: 65_535 });
    client.request(false, { x: 3, y: 3, width: 0, height: 0 });
    expect((await client.update()).rectangles.length).toBeGreaterThan(0);
    client.socket.destroy();
  });

  it('never hurts another one, whatever bytes it sends', async () => {
    const anyMessage = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc
        .tuple(fc.constantFrom(0, 2, 3, 4, 5, 6, 251, 255), fc.uint8Array({ maxLength: 40 }))
        .map(([type, rest]) => Uint8Array.from([type, ...rest])),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(anyMessage, { maxLength: 8 }), fc.boolean(), async (messages, isLetIn) => {
        const client = isLetIn ? await RfbClient.open(host.path) : await RfbClient.connectOnly(host.path);
        for (const message of messages) client.socket.write(message);
        await new Promise<void>((resolve) => client.socket.end(resolve));
        client.socket.destroy();
        await expectBystanderServed();
      }),
      { numRuns: 150 },
    );
  });
});
