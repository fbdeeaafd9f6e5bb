import { performance } from 'node:perf_hooks';

/** Median of the numbers; NaN of none. */
export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? 0)) / 2;
}

/** Milliseconds that the work took. */
export async function timeMs(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Times the work `runs` times, one after the other; it is told which run it is, from 1. */
export async function timesMs(runs: number, work: (run: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let run = 1; run <= runs; run += 1) times.push(await timeMs(() => work(run)));
  return times;
}

export interface Row {
  what: string;
  value: string;
  /** Beside what, and how it compares; empty where nothing comparable is there. */
  note: string;
}

export function printRows(title: string, rows: Row[]): void {
  const width = (key: 'what' | 'value') => Math.max(...rows.map((row) => row[key].length));
  console.log(`\n${title}`);
  for (const { what, value, note } of rows) {
    console.log(`  ${what.padEnd(width('what'))}  ${value.padStart(width('value'))}  ${note}`.trimEnd());
  }
}

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
export const milliseconds = (ms: number): string => `${ms < 10 ? ms.toFixed(2) : ms.toFixed(0)} ms`;
export const mebibytes = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MiB`;
