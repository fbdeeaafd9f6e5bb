import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, expectAlive, writeRaw } from './raw-http.ts';
import { type ServedLittleCore, serveLittleCore } from './served-little-core.ts';

let served: ServedLittleCore;

beforeAll(async () => {
  served = await serveLittleCore();
  await served.core.services.machines.create({ name: 'web' });
});

afterAll(() => served[Symbol.asyncDispose]());

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
    await expectAlive(served);
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
    await expectAlive(served);
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
