import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeOf, expectAlive, openedWebSocket, openWebSocket, writeRaw } from './raw-http.ts';
import { type ServedLittleCore, serveLittleCore } from './served-little-core.ts';

let served: ServedLittleCore;

beforeAll(async () => {
  served = await serveLittleCore();
  await served.core.services.machines.create({ name: 'web' });
});

afterAll(() => served[Symbol.asyncDispose]());

async function refused(url: string, headers: Record<string, string> = {}) {
  const opening = await openWebSocket(url, headers);
  if ('refusal' in opening) return opening.refusal;
  opening.socket.terminate();
  throw new Error('The WebSocket was opened.');
}

describe('a WebSocket', () => {
  it('is refused without a token, with a wrong one, and from a foreign origin or host', async () => {
    expect((await refused(`${served.url}/rpc`)).status).toBe(401);
    expect((await refused(`${served.url}/rpc?token=wrong`)).status).toBe(401);
    const foreign = await refused(`${served.url}/rpc`, { ...served.authorized, origin: 'http://evil.example' });
    expect(foreign.status).toBe(403);
    expect(JSON.parse(foreign.body).code).toBe('FORBIDDEN_ORIGIN');
    expect((await refused(`${served.url}/rpc`, { ...served.authorized, host: 'evil.example' })).status).toBe(403);
  });

  it('is opened with the token in its address, where no header can be set', async () => {
    (await openedWebSocket(`${served.url}/rpc?token=${served.token}`, {})).terminate();
  });

  it('at an unknown path is refused', async () => {
    expect((await refused(`${served.url}/castle`, served.authorized)).status).toBe(404);
  });

  it.each([
    ['text', 'hello', 1007],
    ['JSON of another kind', '{"a":1}', 1007],
    ['null', 'null', 1007],
    ['a request without path', '{"i":"1","p":{"u":7}}', 1007],
    ['bytes', Buffer.from([1, 2, 3]), 1003],
    ['a message beyond 1 MiB', 'x'.repeat(1024 * 1024 + 1), 1009],
  ])('that sends %s is closed and the core goes on', async (_name, message, code) => {
    const socket = await openedWebSocket(`${served.url}/rpc`, served.authorized);
    const closed = closeOf(socket);
    socket.send(message);
    expect((await closed).code).toBe(code);
    await expectAlive(served);
  });

  it('that breaks the framing is closed and the core goes on', async () => {
    const upgrade = [
      'GET /rpc HTTP/1.1',
      `Host: ${new URL(served.url).host}`,
      `Authorization: Bearer ${served.token}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    ];
    const bytes = Buffer.concat([Buffer.from(`${upgrade.join('\r\n')}\r\n\r\n`), Buffer.alloc(64, 0xff)]);
    expect(await writeRaw(served.url, bytes)).toContain('101 Switching Protocols');
    await expectAlive(served);
  });

  it('gives up its subscriptions when it breaks', async () => {
    const socket = await openedWebSocket(`${served.url}/rpc`, served.authorized);
    const first = new Promise((resolve) => socket.once('message', resolve));
    socket.send(JSON.stringify({ i: '1', p: { u: '/usage/subscribe', b: { json: {} } } }));
    await first;
    expect(served.core.usageListeners.size).toBe(1);
    socket.terminate();
    await expect.poll(() => served.core.usageListeners.size).toBe(0);
  });
});
