import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { Gate, LAUNCH_LIFETIME_MS } from '../../src/main/api/auth.ts';
import { connectTo, connectToCore } from '../../src/main/api/client.ts';
import { ask, closeOf, openWebSocket, writeRaw } from './raw-http.ts';
import { type ServedLittleCore, serveLittleCore } from './served-little-core.ts';

let served: ServedLittleCore;

beforeAll(async () => {
  served = await serveLittleCore({ launchTicket: 'open-sesame' });
  await served.core.services.machines.create({ name: 'web' });
});

afterAll(() => served[Symbol.asyncDispose]());

/** Whatever was done to the core before, it must go on answering. */
async function expectAlive(): Promise<void> {
  const { status } = await ask(served.url, '/api/machines', { headers: served.authorized });
  expect(status).toBe(200);
}

async function opened(url: string, headers: Record<string, string>, protocols: string[] = []): Promise<WebSocket> {
  const opening = await openWebSocket(url, headers, protocols);
  if ('refusal' in opening) throw new Error(`refused with ${opening.refusal.status}: ${opening.refusal.body}`);
  return opening.socket;
}

async function refused(url: string, headers: Record<string, string> = {}) {
  const opening = await openWebSocket(url, headers);
  if ('refusal' in opening) return opening.refusal;
  opening.socket.terminate();
  throw new Error('The WebSocket was opened.');
}

describe('a request over HTTP', () => {
  it('is refused without a token, with the error as JSON', async () => {
    const { status, headers, body } = await ask(served.url, '/api/machines');
    expect(status).toBe(401);
    expect(headers['content-type']).toContain('application/json');
    expect(JSON.parse(body)).toMatchObject({ code: 'UNAUTHORIZED', message: 'The request carries no token.' });
    expect(JSON.parse(body).hint).toContain('Bearer');
  });

  it.each(['wrong', '', 'ü', 'x'.repeat(43)])('is refused with the token %j', async (token) => {
    const { status, body } = await ask(served.url, '/api/machines', {
      headers: { authorization: `Bearer ${encodeURIComponent(token)}` },
    });
    expect(status).toBe(401);
    expect(JSON.parse(body).code).toBe('UNAUTHORIZED');
  });

  it('takes no token from the address of a call', async () => {
    expect((await ask(served.url, `/api/machines?token=${served.token}`)).status).toBe(401);
  });

  it.each(['http://evil.example', 'http://127.0.0.1:1', 'null', 'https://localhost'])(
    'is refused from the origin %s, even with the token',
    async (origin) => {
      const { status, headers, body } = await ask(served.url, '/api/machines', {
        headers: { ...served.authorized, origin },
      });
      expect(status).toBe(403);
      expect(JSON.parse(body).code).toBe('FORBIDDEN_ORIGIN');
      expect(headers['access-control-allow-origin']).toBeUndefined();
    },
  );

  it('is refused for the host name of another site that was made to lead here', async () => {
    const { status, body } = await ask(served.url, '/api/machines', {
      headers: { ...served.authorized, host: 'evil.example' },
    });
    expect(status).toBe(403);
    expect(JSON.parse(body).code).toBe('FORBIDDEN_ORIGIN');
  });

  it('is taken from its own origin', async () => {
    const { status } = await ask(served.url, '/api/machines', {
      headers: { ...served.authorized, origin: served.url },
    });
    expect(status).toBe(200);
  });

  it('gets no leave to be made from another site', async () => {
    const { headers } = await ask(served.url, '/api/machines', {
      method: 'OPTIONS',
      headers: { origin: 'http://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it.each(['not json', '{"name": ', '\u0000\u0001'])('with the body %j is INVALID_INPUT', async (body) => {
    const answer = await ask(served.url, '/api/machines', { method: 'POST', headers: served.authorized, body });
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'INVALID_INPUT' });
  });

  it.each([true, false])('with a body beyond 1 MiB is refused (chunked: %s)', async (isChunked) => {
    const body = JSON.stringify({ name: 'x'.repeat(1024 * 1024) });
    const answer = await ask(served.url, '/api/machines', {
      method: 'POST',
      headers: served.authorized,
      body,
      isChunked,
    });
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'INVALID_INPUT' });
    await expectAlive();
  });

  it('for a call that does not exist says so', async () => {
    const { status, body } = await ask(served.url, '/api/castles', { headers: served.authorized });
    expect(status).toBe(400);
    expect(JSON.parse(body).message).toBe("There is no call 'GET /api/castles'.");
  });

  it.each([
    ['garbage', '\u0016\u0003\u0001\u0002 hello\r\n\r\n'],
    ['a header without end', `GET / HTTP/1.1\r\nX: ${'y'.repeat(100_000)}`],
    ['a bad length', 'POST /api/machines HTTP/1.1\r\nContent-Length: -5\r\n\r\n'],
  ])('that is %s gets an error and the core goes on', async (_name, bytes) => {
    const answer = await writeRaw(served.url, bytes);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('INVALID_INPUT');
    await expectAlive();
  });

  it.each(['/../core.json', '/%2e%2e/core.json', '/..%2fcore.json', '/%00', '/%E0%A4%A', '//etc/passwd'])(
    'for the path %s stays inside the folder of the window',
    async (path) => {
      const { status, body } = await ask(served.url, path, { headers: served.authorized });
      expect(status).toBe(404);
      expect(JSON.parse(body).code).toBe('FILE_NOT_FOUND');
    },
  );
});

describe('a browser', () => {
  it('trades the token in the address for a cookie that scripts cannot read', async () => {
    const { status, headers, body } = await ask(served.url, `/?token=${served.token}`);
    expect(status).toBe(200);
    expect(body).toContain('url=/"');
    expect(body).not.toContain(served.token);
    const cookie = headers['set-cookie']?.[0] ?? '';
    expect(cookie).toContain('; HttpOnly; SameSite=Strict');
    const pair = cookie.split(';')[0] ?? '';
    expect((await ask(served.url, '/api/machines', { headers: { cookie: `other=1; ${pair}` } })).status).toBe(200);
    const socket = await opened(`${served.url}/rpc`, { cookie: pair, origin: served.url });
    socket.terminate();
  });

  it('gets in with the launch ticket once', async () => {
    expect((await ask(served.url, '/?launch=open-sesam')).status).toBe(401);
    const letIn = await ask(served.url, '/?launch=open-sesame');
    expect(letIn.headers['set-cookie']).toHaveLength(1);
    expect((await ask(served.url, '/?launch=open-sesame')).status).toBe(401);
  });

  it('gets in with the launch ticket in the first minute only', () => {
    let nowMs = 5;
    const makeGate = () => new Gate({ token: 't', port: 1, launchTicket: 'open-sesame', nowMs: () => nowMs });
    const [early, late] = [makeGate(), makeGate()];
    nowMs += LAUNCH_LIFETIME_MS;
    expect(early.takeLaunchTicket('open-sesame')).toBe(true);
    nowMs += 1;
    expect(late.takeLaunchTicket('open-sesame')).toBe(false);
  });

  it('without a cookie is told what to do', async () => {
    const { status, headers, body } = await ask(served.url, '/?token=wrong');
    expect(status).toBe(401);
    expect(headers['set-cookie']).toBeUndefined();
    expect(body).toContain('Open the address');
  });

  it('is told when the window is not built', async () => {
    const { status, body } = await ask(served.url, '/', { headers: served.authorized });
    expect(status).toBe(503);
    expect(body).toContain('npm run build');
  });

  it('gets the window with the right types and may load nothing from elsewhere', async () => {
    await using other = await serveLittleCore();
    mkdirSync(join(other.core.windowFolder, 'assets'), { recursive: true });
    writeFileSync(join(other.core.windowFolder, 'index.html'), '<!doctype html>');
    writeFileSync(join(other.core.windowFolder, 'assets', 'main-abc.js'), 'export {}');
    const page = await ask(other.url, '/', { headers: other.authorized });
    expect(page.status).toBe(200);
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.headers['x-content-type-options']).toBe('nosniff');
    expect(page.headers['referrer-policy']).toBe('no-referrer');
    expect(page.headers['cross-origin-resource-policy']).toBe('same-origin');
    const csp = page.headers['content-security-policy'];
    expect(csp).toContain("default-src 'self'");
    expect(csp).toContain(`connect-src 'self' ${other.url.replace('http', 'ws')}`);
    expect(csp).toContain("frame-ancestors 'none'");
    expect(csp).not.toContain('unsafe-eval');
    const script = await ask(other.url, '/assets/main-abc.js', { headers: other.authorized });
    expect(script.headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect(script.headers['cache-control']).toContain('immutable');
    expect(page.headers['cache-control']).toBe('no-store');
  });

  it('can read the calls as a page and as a document', async () => {
    const page = await ask(served.url, '/api/', { headers: served.authorized });
    expect(page.headers['content-type']).toContain('text/html');
    expect(page.body).toContain('/api/machines/{machine}/start');
    expect(page.body).not.toMatch(/<script|https?:\/\//);
    const document = await ask(served.url, '/api/openapi.json', { headers: served.authorized });
    expect(JSON.parse(document.body)).toMatchObject({ info: { title: 'Innkeeper', version: '1.2.3' } });
  });
});

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
    (await opened(`${served.url}/rpc?token=${served.token}`, {})).terminate();
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
    const socket = await opened(`${served.url}/rpc`, served.authorized);
    const closed = closeOf(socket);
    socket.send(message);
    expect((await closed).code).toBe(code);
    await expectAlive();
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
    await expectAlive();
  });

  it('gives up its subscriptions when it breaks', async () => {
    const socket = await opened(`${served.url}/rpc`, served.authorized);
    const first = new Promise((resolve) => socket.once('message', resolve));
    socket.send(JSON.stringify({ i: '1', p: { u: '/usage/subscribe', b: { json: {} } } }));
    await first;
    expect(served.core.usageListeners.size).toBe(1);
    socket.terminate();
    await expect.poll(() => served.core.usageListeners.size).toBe(0);
  });
});

describe('core.json', () => {
  it('tells where the core is, to its user only, and goes when the core closes', async () => {
    const other = await serveLittleCore();
    const file = join(other.core.folder, 'core.json');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ url: other.url, token: other.token, pid: process.pid });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await other.close();
    expect(existsSync(file)).toBe(false);
    other.core[Symbol.dispose]();
  });

  it('leads a client to the core, and to nothing once the core is gone', async () => {
    const other = await serveLittleCore();
    const connection = await connectToCore(other.core.paths);
    expect((await connection?.client.core.info({}))?.url).toBe(other.url);
    const file = readFileSync(join(other.core.folder, 'core.json'));
    await other.close();
    await expect(connection?.client.core.info({})).rejects.toMatchObject({ code: 'CORE_UNREACHABLE' });
    writeFileSync(join(other.core.folder, 'core.json'), file); // As a core that was killed leaves it.
    expect(await connectToCore(other.core.paths)).toBeUndefined();
    other.core[Symbol.dispose]();
  });

  it.each(['', '{', '{"url":"x"}', '[]'])('with the content %j is as none', async (content) => {
    writeFileSync(join(served.core.folder, 'core.json'), content);
    expect(await connectToCore(served.core.paths)).toBeUndefined();
  });

  it('makes a new token for each start', async () => {
    await using other = await serveLittleCore();
    expect(other.token).not.toBe(served.token);
    expect(other.token).toMatch(/^[\w-]{43}$/);
    await expect(connectTo({ url: other.url, token: served.token })).rejects.toMatchObject({
      code: 'CORE_UNREACHABLE',
    });
  });

  it('is not written when the port is taken', async () => {
    const port = Number(new URL(served.url).port);
    await expect(serveLittleCore({ port })).rejects.toMatchObject({ code: 'PORT_IN_USE', details: { port } });
  });
});
