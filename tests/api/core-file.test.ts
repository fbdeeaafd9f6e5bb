import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectTo, connectToCore } from '../../src/main/api/client.ts';
import { type ServedLittleCore, serveLittleCore } from './served-little-core.ts';

let served: ServedLittleCore;

beforeAll(async () => {
  served = await serveLittleCore();
});

afterAll(() => served[Symbol.asyncDispose]());

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
