/**
 * Limits that a control group (a container, a systemd slice) sets on this process. Pure: the caller reads the files.
 * Sources: cgroups(7); the kernel's admin-guide/cgroup-v2.rst and cgroup-v1/{memory,cpu}.rst.
 */

/** Controllers whose limits matter here, and the path of this process's group in each hierarchy. */
export interface CgroupPaths {
  /** Group in the unified hierarchy (v2), or null. */
  unified: string | null;
  /** Groups in the hierarchies of v1, or null. */
  memory: string | null;
  cpu: string | null;
}

/** Reads `/proc/self/cgroup`: lines of `hierarchy:controllers:path`; the unified one is `0::path`. */
export function parseCgroupPaths(text: string): CgroupPaths {
  const paths: CgroupPaths = { unified: null, memory: null, cpu: null };
  for (const line of text.split('\n')) {
    const match = /^\d+:([^:]*):(.*)$/.exec(line);
    if (!match) continue;
    const [, controllers = '', group = '/'] = match;
    const names = controllers.split(',');
    if (controllers === '') paths.unified = group;
    if (names.includes('memory')) paths.memory = group;
    if (names.includes('cpu')) paths.cpu = group;
  }
  return paths;
}

/** The group and all that contain it, innermost first: a limit on any of them binds. `/a/b` → `/a/b`, `/a`, `/`. */
export function withAncestors(group: string): string[] {
  const parts = group.split('/').filter((part) => part !== '' && part !== '..');
  const groups = parts.map((_, index) => `/${parts.slice(0, parts.length - index).join('/')}`);
  return [...groups, '/'];
}

/** Above this, v1's `memory.limit_in_bytes` means "none": the kernel prints the largest page-aligned number. */
const NO_LIMIT_BYTES = 2 ** 60;

/** `memory.max` (v2) or `memory.limit_in_bytes` (v1), in bytes; undefined when there is no limit. */
export function parseMemoryLimit(text: string): number | undefined {
  const bytes = Number(text.trim());
  return text.trim() !== '' && Number.isFinite(bytes) && bytes < NO_LIMIT_BYTES ? bytes : undefined;
}

/** `cpu.max` (v2): `quota period` in µs, quota `max` when there is none. Returns processors, or undefined. */
export function parseCpuMax(text: string): number | undefined {
  const [quota = '', period = '100000'] = text.trim().split(/\s+/);
  return processorsOf(Number(quota), Number(period));
}

/** `cpu.cfs_quota_us` and `cpu.cfs_period_us` (v1); a quota of -1 is none. Returns processors, or undefined. */
export function parseCfsQuota(quota: string, period: string): number | undefined {
  return processorsOf(Number(quota.trim() || Number.NaN), Number(period.trim() || Number.NaN));
}

function processorsOf(quotaUs: number, periodUs: number): number | undefined {
  return quotaUs > 0 && periodUs > 0 ? quotaUs / periodUs : undefined;
}

/** A number of `memory.stat`: in bytes, or undefined when the line is absent. */
export function parseMemoryStat(text: string, field: string): number | undefined {
  const match = new RegExp(`^${field} (\\d+)$`, 'm').exec(text);
  return match ? Number(match[1]) : undefined;
}

/** One group's memory, in bytes. `reclaimable` is page cache that the kernel gives back when it is needed. */
export interface MemoryGroup {
  limit: number;
  used: number;
  reclaimable: number;
}

/** What is left under all limits: the least of the host's available memory and each group's limit less its use. */
export function availableUnder(hostAvailableBytes: number, groups: MemoryGroup[]): number {
  const left = groups.map(({ limit, used, reclaimable }) => limit - Math.max(0, used - reclaimable));
  return Math.max(0, Math.min(hostAvailableBytes, ...left));
}
