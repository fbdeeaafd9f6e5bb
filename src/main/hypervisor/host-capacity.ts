import { statfs } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import si from 'systeminformation';
import { readKernelFile } from '../kernel-file.ts';
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
      const [memory, storage] = await Promise.all([readMemory(procFolder), readStorage(sources.dataFolder)]);
      const limits = readLimits(procFolder, cgroupFolder);
      return {
        processors: Math.min(processors(), ...limits.processors),
        memoryTotalBytes: Math.min(memory.totalBytes, ...limits.memory.map(({ limit }) => limit)),
        memoryAvailableBytes: availableUnder(memory.availableBytes, limits.memory),
        ...storage,
      };
    },
  };
}

async function readMemory(procFolder: string): Promise<{ totalBytes: number; availableBytes: number }> {
  const parsed = parseMeminfo(readKernelFile(path.join(procFolder, 'meminfo')) ?? '');
  if (parsed) return parsed;
  // macOS and Windows: os.freemem() leaves out the cache that the system gives back; systeminformation does not.
  const { total, available } = await si.mem();
  return { totalBytes: total, availableBytes: available };
}

interface Limits {
  processors: number[];
  memory: MemoryGroup[];
}

function readLimits(procFolder: string, cgroupFolder: string): Limits {
  const text = readKernelFile(path.join(procFolder, 'self/cgroup'));
  if (text === undefined) return { processors: [], memory: [] };
  const groups = parseCgroupPaths(text);
  return { processors: readProcessorLimits(groups, cgroupFolder), memory: readMemoryGroups(groups, cgroupFolder) };
}

function readProcessorLimits(groups: CgroupPaths, root: string): number[] {
  const unified = withAncestors(groups.unified ?? '/').map((group) =>
    parseCpuMax(readKernelFile(path.join(root, group, 'cpu.max')) ?? ''),
  );
  const legacy = withAncestors(groups.cpu ?? '/').map((group) => {
    const folder = path.join(root, 'cpu', group);
    const quota = readKernelFile(path.join(folder, 'cpu.cfs_quota_us'));
    const period = readKernelFile(path.join(folder, 'cpu.cfs_period_us'));
    return parseCfsQuota(quota ?? '', period ?? '');
  });
  return [...unified, ...legacy].filter((limit) => limit !== undefined);
}

/** File names of the memory controller in both versions. */
const MEMORY_FILES = {
  v2: { limit: 'memory.max', used: 'memory.current', cache: 'inactive_file' },
  v1: { limit: 'memory.limit_in_bytes', used: 'memory.usage_in_bytes', cache: 'total_inactive_file' },
} as const;

function readMemoryGroups(groups: CgroupPaths, root: string): MemoryGroup[] {
  const unified = withAncestors(groups.unified ?? '/').map((group) =>
    readMemoryGroup(path.join(root, group), MEMORY_FILES.v2),
  );
  const legacy = withAncestors(groups.memory ?? '/').map((group) =>
    readMemoryGroup(path.join(root, 'memory', group), MEMORY_FILES.v1),
  );
  return [...unified, ...legacy].filter((group) => group !== undefined);
}

function readMemoryGroup(
  folder: string,
  names: { limit: string; used: string; cache: string },
): MemoryGroup | undefined {
  const limit = parseMemoryLimit(readKernelFile(path.join(folder, names.limit)) ?? '');
  if (limit === undefined) return undefined;
  const used = Number(readKernelFile(path.join(folder, names.used)) ?? 0);
  const stat = readKernelFile(path.join(folder, 'memory.stat')) ?? '';
  return { limit, used, reclaimable: parseMemoryStat(stat, names.cache) ?? 0 };
}

async function readStorage(folder: string): Promise<Pick<HostCapacity, 'storageTotalBytes' | 'storageFreeBytes'>> {
  const { blocks, bavail, bsize } = await statfs(folder);
  return { storageTotalBytes: blocks * bsize, storageFreeBytes: bavail * bsize };
}
