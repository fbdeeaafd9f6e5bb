import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ageWords, refreshDelayMs } from '../../src/renderer/snapshots/age-words.ts';
import { configDifferences } from '../../src/renderer/snapshots/config-differences.ts';
import { isChangedSince, nextSnapshotName, snapshotRows } from '../../src/renderer/snapshots/snapshot-tree.ts';
import type { Machine } from '../../src/shared/model/machine.ts';
import { USUAL_ADAPTER } from '../../src/shared/model/network.ts';
import { Snapshot } from '../../src/shared/model/snapshot.ts';
import { aMachine } from './a-machine.ts';

function aSnapshot(machine: Machine, name: string, minute: number, parent?: Snapshot): Snapshot {
  return Snapshot.parse({
    id: randomUUID(),
    machineId: machine.id,
    parentId: parent?.id ?? null,
    name,
    description: '',
    takenAt: new Date(Date.UTC(2026, 1, 1, 12, minute)).toISOString(),
    config: machine.config,
    hasMemory: false,
    engine: null,
    pausedMs: null,
    hasThumbnail: false,
  });
}

const drawn = (machine: Machine, snapshots: Snapshot[]) =>
  snapshotRows(machine, snapshots).map((row) => {
    const name = row.kind === 'snapshot' ? row.snapshot.name : `* ${row.isChanged ? 'changed' : 'same'}`;
    return `${'  '.repeat(row.depth)}${name}`;
  });

describe('the tree of snapshots', () => {
  const machine = aMachine({ name: 'web' });
  const installed = aSnapshot(machine, 'installed', 1);
  const risky = aSnapshot(machine, 'risky', 2, installed);
  const updated = aSnapshot(machine, 'updated', 3, installed);
  const all = [updated, risky, installed];

  it('shows each snapshot before those that build on it, older branches first', () => {
    const at = { ...machine, currentSnapshotId: updated.id };
    expect(drawn(at, all)).toEqual(['installed', '  risky', '  updated', '    * same']);
  });

  it('shows the current state after the branches of the snapshot that it stands on', () => {
    const at = { ...machine, currentSnapshotId: installed.id };
    expect(drawn(at, all)).toEqual(['installed', '  risky', '  updated', '  * same']);
  });

  it('shows the current state alone when there is no snapshot', () => {
    expect(drawn(machine, [])).toEqual(['* same']);
  });

  it('takes a snapshot whose parent is not known as a root, and loses none', () => {
    const at = { ...machine, currentSnapshotId: risky.id };
    expect(drawn(at, [risky, updated])).toEqual(['risky', '  * same', 'updated']);
  });

  it('says that a machine is changed when it runs, ran, or has other settings', () => {
    const later = '2026-03-01T00:00:00.000Z';
    expect(isChangedSince(machine, installed)).toBe(false);
    expect(isChangedSince({ ...machine, state: 'Running' }, installed)).toBe(true);
    expect(isChangedSince({ ...machine, stateSince: later, reason: 'guestShutdown' }, installed)).toBe(true);
    expect(isChangedSince({ ...machine, stateSince: later, reason: 'snapshotRestored' }, installed)).toBe(false);
    expect(isChangedSince({ ...machine, config: { ...machine.config, memoryMiB: 1024 } }, installed)).toBe(true);
  });

  it('does not count another name as a change: it belongs to the machine and not to the moment', () => {
    expect(isChangedSince({ ...machine, config: { ...machine.config, name: 'other' } }, installed)).toBe(false);
  });

  it('proposes a name that no snapshot has', () => {
    expect(nextSnapshotName([])).toBe('Snapshot 1');
    expect(nextSnapshotName([aSnapshot(machine, 'Snapshot 2', 1)])).toBe('Snapshot 3');
  });
});

describe('settings of a snapshot beside those of now', () => {
  it('names what is other, with both values', () => {
    const { config } = aMachine();
    const now = { ...config, memoryMiB: 2048, processors: { count: 2, capPercent: 100 } };
    expect(configDifferences(config, now)).toEqual([
      { label: 'Base Memory', before: '512 MB', now: '2 GB' },
      { label: 'Processors', before: '1', now: '2' },
    ]);
  });

  it('names what is there only once', () => {
    const { config } = aMachine();
    const adapter = {
      mode: 'nat',
      model: 'auto',
      macAddress: '52:54:00:00:00:01',
      isCableConnected: true,
      ...USUAL_ADAPTER,
    } as const;
    expect(configDifferences(config, { ...config, adapters: [adapter] })).toEqual([
      { label: 'Adapter 1', before: 'None', now: 'NAT, Automatic' },
    ]);
  });
});

describe('ages', () => {
  const now = Date.UTC(2026, 5, 1);
  const minutesAgo = (minutes: number) => new Date(now - minutes * 60_000).toISOString();

  it.each([
    [0.5, 'just now'],
    [1, '1 minute ago'],
    [59, '59 minutes ago'],
    [60, '1 hour ago'],
    [60 * 47, '1 day ago'],
    [60 * 24 * 30, '30 days ago'],
  ])('%s minutes are %s', (minutes, words) => expect(ageWords(minutesAgo(minutes), now)).toBe(words));

  it('beyond thirty days are a date', () => expect(ageWords(minutesAgo(60 * 24 * 31), now)).toContain('2026'));

  it('of a clock that went back are not negative', () => expect(ageWords(minutesAgo(-10), now)).toBe('just now'));

  it('are renewed as often as the youngest needs it', () => {
    expect(refreshDelayMs([minutesAgo(100), minutesAgo(0.1)], now)).toBe(5000);
    expect(refreshDelayMs([minutesAgo(100), minutesAgo(5)], now)).toBe(60_000);
    expect(refreshDelayMs([minutesAgo(100)], now)).toBe(3_600_000);
  });
});
