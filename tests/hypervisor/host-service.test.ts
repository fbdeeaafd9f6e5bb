import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FakeEngine } from '../../src/main/engines/fake/engine.ts';
import { createHostService } from '../../src/main/host/host-service.ts';
import { createCapacityReader } from '../../src/main/hypervisor/host-capacity.ts';
import { HostInfo } from '../../src/shared/model/host.ts';
import { refusalOf } from '../support/refusal.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

function openHost(dataFolder = makeTempFolder()) {
  let atMs = 0;
  const engine = new FakeEngine();
  let probes = 0;
  const probe = engine.probe.bind(engine);
  engine.probe = () => {
    probes += 1;
    return probe();
  };
  const capacity = createCapacityReader({ dataFolder });
  const host = createHostService({ dataFolder, capacity, engines: [engine], monotonicMs: () => atMs });
  return { host, dataFolder, probes: () => probes, advance: (ms: number) => (atMs += ms) };
}

describe('the host', () => {
  it('says what it is, in the words of the contract', async () => {
    const { host, dataFolder } = openHost();
    expect(HostInfo.parse(await host.info())).toMatchObject({ dataFolder, platform: process.platform });
  });

  it('probes the engines at most every thirty seconds', async () => {
    const { host, probes, advance } = openHost();
    expect(host.knownEngines()).toEqual([]);
    await Promise.all([host.doctor(), host.doctor()]);
    advance(29_999);
    expect((await host.doctor()).map(({ id }) => id)).toEqual(['fake']);
    expect(probes()).toBe(1);
    advance(1);
    await host.doctor();
    expect(probes()).toBe(2);
    expect(host.knownEngines()).toHaveLength(1);
  });
});

describe('a folder', () => {
  it('is listed with folders first, then files, by name, without hidden ones', async () => {
    const { host, dataFolder } = openHost();
    for (const name of ['disk10', 'disk2', '.hidden']) writeFileSync(join(dataFolder, name), name);
    mkdirSync(join(dataFolder, 'zoo'));
    symlinkSync(join(dataFolder, 'zoo'), join(dataFolder, 'link'));
    symlinkSync('/nowhere', join(dataFolder, 'broken'));
    const { path, parent, entries } = await host.listFolder(dataFolder);
    expect(entries.map(({ name, isFolder, sizeBytes }) => [name, isFolder, sizeBytes])).toEqual([
      ['link', true, null],
      ['zoo', true, null],
      ['disk2', false, 5],
      ['disk10', false, 6],
    ]);
    expect(path).toBe(dataFolder);
    expect((await host.listFolder(join(dataFolder, 'zoo'))).parent).toBe(dataFolder);
    expect(parent).not.toBeNull();
    expect((await host.listFolder('/')).parent).toBeNull();
  });

  it('is the home folder when none is named', async () => {
    expect((await openHost().host.listFolder()).path).toBe(homedir());
  });

  it('that is not there, or is none, is refused by name', async () => {
    const { host, dataFolder } = openHost();
    const file = join(dataFolder, 'file');
    writeFileSync(file, '');
    expect(await refusalOf(() => host.listFolder(join(dataFolder, 'nothing')))).toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
    expect(await refusalOf(() => host.listFolder(file))).toMatchObject({
      code: 'FILE_NOT_ACCESSIBLE',
      message: `Cannot list '${file}' because it is not a folder.`,
    });
  });
});
