import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  availableUnder,
  parseCfsQuota,
  parseCgroupPaths,
  parseCpuMax,
  parseMemoryLimit,
  parseMemoryStat,
  withAncestors,
} from '../../src/main/hypervisor/cgroup.ts';
import { createCapacityReader, parseMeminfo } from '../../src/main/hypervisor/host-capacity.ts';
import { GIB, MIB } from '../../src/shared/units.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const MEMINFO = 'MemTotal:       16777216 kB\nMemFree:         1048576 kB\nMemAvailable:    8388608 kB\n';

/** A folder with the files of a host: `proc/...` and `cgroup/...`. */
function makeHost(files: Record<string, string>) {
  const folder = makeTempFolder();
  for (const [name, text] of Object.entries({ 'proc/meminfo': MEMINFO, ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return createCapacityReader({
    dataFolder: folder,
    procFolder: join(folder, 'proc'),
    cgroupFolder: join(folder, 'cgroup'),
    processors: () => 8,
  });
}

describe('the capacity of the host', () => {
  it('is all of it when nothing limits the program', async () => {
    const capacity = await makeHost({}).read();
    expect(capacity).toMatchObject({
      processors: 8,
      memoryTotalBytes: 16 * GIB,
      memoryAvailableBytes: 8 * GIB,
    });
    expect(capacity.storageFreeBytes).toBeGreaterThan(0);
    expect(capacity.storageTotalBytes).toBeGreaterThan(capacity.storageFreeBytes);
  });

  it('is what a container of version 2 leaves, at any level', async () => {
    const reader = makeHost({
      'proc/self/cgroup': '0::/box/inner\n',
      'cgroup/box/inner/memory.max': 'max\n',
      'cgroup/box/inner/cpu.max': 'max 100000\n',
      'cgroup/box/memory.max': `${2 * GIB}\n`,
      'cgroup/box/memory.current': `${GIB}\n`,
      'cgroup/box/memory.stat': `anon 5\ninactive_file ${512 * MIB}\n`,
      'cgroup/box/cpu.max': '150000 100000\n',
    });
    expect(await reader.read()).toMatchObject({
      processors: 1.5,
      memoryTotalBytes: 2 * GIB,
      memoryAvailableBytes: 1.5 * GIB,
    });
  });

  it('is what a container of version 1 leaves', async () => {
    const reader = makeHost({
      'proc/self/cgroup': '5:memory:/box\n4:cpu,cpuacct:/box\n0::/\n',
      'cgroup/memory/box/memory.limit_in_bytes': `${GIB}\n`,
      'cgroup/memory/box/memory.usage_in_bytes': `${GIB}\n`,
      'cgroup/memory/box/memory.stat': `total_inactive_file ${256 * MIB}\n`,
      'cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
      'cgroup/cpu/box/cpu.cfs_quota_us': '200000\n',
      'cgroup/cpu/box/cpu.cfs_period_us': '100000\n',
    });
    expect(await reader.read()).toMatchObject({
      processors: 2,
      memoryTotalBytes: GIB,
      memoryAvailableBytes: 256 * MIB,
    });
  });

  it('survives a group whose folder is not mounted here', async () => {
    const reader = makeHost({ 'proc/self/cgroup': '5:memory:/elsewhere/12\n0::/../..\n' });
    expect((await reader.read()).memoryTotalBytes).toBe(16 * GIB);
  });
});

describe('the files of the kernel', () => {
  it('name the groups of this process', () => {
    expect(parseCgroupPaths('9:name=systemd:/\n4:memory:/a\n1:cpu,cpuacct:/b\n0::/c\n')).toEqual({
      unified: '/c',
      memory: '/a',
      cpu: '/b',
    });
    expect(parseCgroupPaths('')).toEqual({ unified: null, memory: null, cpu: null });
  });

  it('lie in folders inside each other', () => {
    expect(withAncestors('/a/b')).toEqual(['/a/b', '/a', '/']);
    expect(withAncestors('/')).toEqual(['/']);
    expect(withAncestors('/../x')).toEqual(['/x', '/']);
  });

  it.each([
    ['max\n', undefined],
    ['9223372036854771712\n', undefined],
    ['', undefined],
    ['1048576\n', 1048576],
  ])('give a memory limit: %j', (text, expected) => {
    expect(parseMemoryLimit(text)).toBe(expected);
  });

  it.each([
    ['max 100000', undefined],
    ['50000 100000\n', 0.5],
    ['', undefined],
    ['nonsense', undefined],
  ])('give a processor limit of version 2: %j', (text, expected) => {
    expect(parseCpuMax(text)).toBe(expected);
  });

  it('give a processor limit of version 1', () => {
    expect(parseCfsQuota('-1\n', '100000\n')).toBeUndefined();
    expect(parseCfsQuota('300000\n', '100000\n')).toBe(3);
    expect(parseCfsQuota('', '')).toBeUndefined();
  });

  it('give numbers of memory.stat by their whole names', () => {
    expect(parseMemoryStat('total_inactive_file 7\ninactive_file 3\n', 'inactive_file')).toBe(3);
    expect(parseMemoryStat('anon 1\n', 'inactive_file')).toBeUndefined();
  });

  it('give the memory of the host, also on kernels without MemAvailable', () => {
    expect(parseMeminfo('MemTotal: 1000 kB\nMemFree:   400 kB\n')).toEqual({
      totalBytes: 1_024_000,
      availableBytes: 409_600,
    });
    expect(parseMeminfo('nothing')).toBeUndefined();
  });
});

it('never leaves less than nothing under a limit that is exceeded', () => {
  expect(availableUnder(GIB, [{ limit: 10, used: 20, reclaimable: 0 }])).toBe(0);
});
