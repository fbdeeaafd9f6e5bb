import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Gate, LAUNCH_LIFETIME_MS } from '../../src/main/api/auth.ts';
import { ask, openedWebSocket } from './raw-http.ts';
import { type ServedLittleCore, serveLittleCore } from './served-little-core.ts';

let served: ServedLittleCore;

beforeAll(async () => {
  served = await serveLittleCore({ launchTicket: 'open-sesame' });
  await served.core.services.machines.create({ name: 'web' });
});

afterAll(() => served[Symbol.asyncDispose]());

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
    const socket = await openedWebSocket(`${served.url}/rpc`, { cookie: pair, origin: served.url });
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
