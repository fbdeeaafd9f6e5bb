import { readFile, statfs } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import si from 'systeminformation';
import {
  availableUnder,
  type CgroupPaths,
  type MemoryGroup,
  parseCfsQuota,
  parseCgroupPaths,
  parseCpuMax,
  parseMemoryLimit,
  parseMemoryStat,
  withAncestors,
} from './cgroup.ts';

/** What the computer has, as far as this program may use it: measured, within the limits of a container around it. */
export interface HostCapacity {
  /** Processors; a container's quota can make it a fraction. */
  processors: number;
  memoryTotalBytes: number;
  /** What new programs could get without swapping. */
  memoryAvailableBytes: number;
  /** Of the file system that holds the data folder. */
  storageTotalBytes: number;
  storageFreeBytes: number;
}

export interface CapacityReader {
  read(): Promise<HostCapacity>;
}

/** Total and available memory of `/proc/meminfo`, in bytes (proc_meminfo(5)); undefined when a line is missing. */
export function parseMeminfo(text: string): { totalBytes: number; availableBytes: number } | undefined {
  const kib = (field: string) => {
    const match = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text);
    return match ? Number(match[1]) * 1024 : undefined;
  };
  const totalBytes = kib('MemTotal');
  // Kernels before 3.14 have no MemAvailable: free memory is the safe answer.
  const availableBytes = kib('MemAvailable') ?? kib('MemFree');
  return totalBytes === undefined || availableBytes === undefined ? undefined : { totalBytes, availableBytes };
}

export interface CapacitySources {
  /** Folder whose file system holds the machines. */
  dataFolder: string;
  /** Where proc and cgroup file systems are mounted; tests put copies elsewhere. */
  procFolder?: string;
  cgroupFolder?: string;
  /** Processors that the system lets this process run on. */
  processors?: () => number;
}

/** Reads the capacity anew at each call. A missing cgroup file is no limit; nothing is thrown for it. */
export function createCapacityReader(sources: CapacitySources): CapacityReader {
  const procFolder = sources.procFolder ?? '/proc';
  const cgroupFolder = sources.cgroupFolder ?? '/sys/fs/cgroup';
  const processors = sources.processors ?? os.availableParallelism;
  return {
    async read() {
      const [memory, limits, storage] = await Promise.all([
        readMemory(procFolder),
        readLimits(procFolder, cgroupFolder),
        readStorage(sources.dataFolder),
      ]);
      return {
        processors: Math.min(processors(), ...limits.processors),
        memoryTotalBytes: Math.min(memory.totalBytes, ...limits.memory.map(({ limit }) => limit)),
        memoryAvailableBytes: availableUnder(memory.availableBytes, limits.memory),
        ...storage,
      };
    },
  };
}

async function readOptional(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}

async function readMemory(procFolder: string): Promise<{ totalBytes: number; availableBytes: number }> {
  const parsed = parseMeminfo((await readOptional(path.join(procFolder, 'meminfo'))) ?? '');
  if (parsed) return parsed;
  // macOS and Windows: os.freemem() leaves out the cache that the system gives back; systeminformation does not.
  const { total, available } = await si.mem();
  return { totalBytes: total, availableBytes: available };
}

interface Limits {
  processors: number[];
  memory: MemoryGroup[];
}

async function readLimits(procFolder: string, cgroupFolder: string): Promise<Limits> {
  const text = await readOptional(path.join(procFolder, 'self/cgroup'));
  if (text === undefined) return { processors: [], memory: [] };
  const groups = parseCgroupPaths(text);
  const [processors, memory] = await Promise.all([
    readProcessorLimits(groups, cgroupFolder),
    readMemoryGroups(groups, cgroupFolder),
  ]);
  return { processors, memory };
}

async function readProcessorLimits(groups: CgroupPaths, root: string): Promise<number[]> {
  const unified = withAncestors(groups.unified ?? '/').map(async (group) =>
    parseCpuMax((await readOptional(path.join(root, group, 'cpu.max'))) ?? ''),
  );
  const legacy = withAncestors(groups.cpu ?? '/').map(async (group) => {
    const folder = path.join(root, 'cpu', group);
    const quota = await readOptional(path.join(folder, 'cpu.cfs_quota_us'));
    const period = await readOptional(path.join(folder, 'cpu.cfs_period_us'));
    return parseCfsQuota(quota ?? '', period ?? '');
  });
  const found = await Promise.all([...unified, ...legacy]);
  return found.filter((limit) => limit !== undefined);
}

/** File names of the memory controller in both versions. */
const MEMORY_FILES = {
  v2: { limit: 'memory.max', used: 'memory.current', cache: 'inactive_file' },
  v1: { limit: 'memory.limit_in_bytes', used: 'memory.usage_in_bytes', cache: 'total_inactive_file' },
} as const;

async function readMemoryGroups(groups: CgroupPaths, root: string): Promise<MemoryGroup[]> {
  const unified = withAncestors(groups.unified ?? '/').map((group) =>
    readMemoryGroup(path.join(root, group), MEMORY_FILES.v2),
  );
  const legacy = withAncestors(groups.memory ?? '/').map((group) =>
    readMemoryGroup(path.join(root, 'memory', group), MEMORY_FILES.v1),
  );
  const found = await Promise.all([...unified, ...legacy]);
  return found.filter((group) => group !== undefined);
}

async function readMemoryGroup(
  folder: string,
  names: { limit: string; used: string; cache: string },
): Promise<MemoryGroup | undefined> {
  const limit = parseMemoryLimit((await readOptional(path.join(folder, names.limit))) ?? '');
  if (limit === undefined) return undefined;
  const used = Number((await readOptional(path.join(folder, names.used))) ?? 0);
  const stat = (await readOptional(path.join(folder, 'memory.stat'))) ?? '';
  return { limit, used, reclaimable: parseMemoryStat(stat, names.cache) ?? 0 };
}

async function readStorage(folder: string): Promise<Pick<HostCapacity, 'storageTotalBytes' | 'storageFreeBytes'>> {
  const { blocks, bavail, bsize } = await statfs(folder);
  return { storageTotalBytes: blocks * bsize, storageFreeBytes: bavail * bsize };
}
