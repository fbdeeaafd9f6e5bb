import { describe, expect, it } from 'vitest';
import { bulkPlan } from '../../src/renderer/bulk-actions.ts';
import { groupPath, groupsOf } from '../../src/renderer/machine-list/groups.ts';
import { listRows } from '../../src/renderer/machine-list/list-rows.ts';
import { type Choice, choiceAfter, choosingOf } from '../../src/renderer/machine-list/selection.ts';
import { chainSizeBytes } from '../../src/renderer/snapshots/kept-disks.ts';
import { Medium } from '../../src/shared/model/medium.ts';
import { aMachine } from './a-machine.ts';

const machines = ['a', 'b', 'c', 'd'].map((name, position) => aMachine({ name, position }));
const grouped = [aMachine({ name: 'x', group: '/Lab' }), ...machines];
const names = new Map(grouped.map(({ id, config }) => [id, config.name]));
const NOTHING: Choice = { selection: [], machineId: null, anchor: null };

function play(steps: readonly ['only' | 'toggle' | 'range', number][], all = machines): string {
  const rows = listRows(all, new Set(), '');
  const end = steps.reduce((now, [how, at]) => choiceAfter(how, rows, at, now), NOTHING);
  const about = end.machineId === null ? '-' : names.get(end.machineId);
  return `${end.selection.map((id) => names.get(id)).join('')} ${about}`;
}

describe('choosing in the machine list', () => {
  it('takes one alone, adds and takes away with Ctrl', () => {
    expect(play([['only', 1]])).toBe('b b');
    expect(
      play([
        ['only', 1],
        ['toggle', 3],
      ]),
    ).toBe('bd d');
    expect(
      play([
        ['only', 1],
        ['toggle', 3],
        ['toggle', 1],
      ]),
    ).toBe('d d');
    expect(
      play([
        ['only', 1],
        ['toggle', 3],
        ['only', 0],
      ]),
    ).toBe('a a');
  });

  it('keeps the last one chosen', () => {
    expect(
      play([
        ['only', 1],
        ['toggle', 1],
      ]),
    ).toBe('b b');
  });

  it('takes a range with Shift, down, up, and back past where it began', () => {
    expect(
      play([
        ['only', 1],
        ['range', 3],
      ]),
    ).toBe('bcd d');
    expect(
      play([
        ['only', 2],
        ['range', 0],
      ]),
    ).toBe('abc a');
    expect(
      play([
        ['only', 1],
        ['range', 3],
        ['range', 0],
      ]),
    ).toBe('ab a');
    expect(
      play([
        ['only', 1],
        ['range', 2],
        ['range', 1],
      ]),
    ).toBe('b b');
  });

  it('goes on from a toggled row', () => {
    expect(
      play([
        ['only', 0],
        ['toggle', 2],
        ['range', 3],
      ]),
    ).toBe('cd d');
  });

  it('takes the machines within a range and never a group itself', () => {
    expect(
      play(
        [
          ['only', 2],
          ['range', 0],
        ],
        grouped,
      ),
    ).toBe('xa x');
    expect(play([['only', 0]], grouped)).toBe(' -');
  });

  it('reads the keys of the custom', () => {
    const plain = { ctrlKey: false, metaKey: false, shiftKey: false };
    expect(choosingOf(plain)).toBe('only');
    expect(choosingOf({ ...plain, metaKey: true })).toBe('toggle');
    expect(choosingOf({ ...plain, ctrlKey: true, shiftKey: true })).toBe('range');
  });
});

describe('groups', () => {
  it('are listed with those around them', () => {
    expect(groupsOf([aMachine({ group: '/Lab/Web' }), aMachine(), aMachine({ group: '/Desk' })])).toEqual([
      '/Desk',
      '/Lab',
      '/Lab/Web',
    ]);
  });

  it('are read as people write them', () => {
    expect(groupPath(' Lab / Web/ ')).toBe('/Lab/Web');
    expect(groupPath('  ')).toBe('/');
  });
});

describe('a command for several machines', () => {
  it('is for those where it is legal, and says why not for the others', () => {
    const off = aMachine({ name: 'off' });
    const on = aMachine({ name: 'on', state: 'Running' });
    const template = aMachine({ name: 'base', config: { isTemplate: true } });
    const { able, unable } = bulkPlan('start', [off, on, template]);
    expect(able).toEqual([off]);
    expect(unable.map(({ machine }) => machine)).toEqual([on, template]);
    expect(unable[0]?.reason).toContain("Cannot start 'on'");
    expect(unable[1]?.reason).toContain('is a template');
  });
});

describe('the size of a disk with what it builds on', () => {
  const ids = [0, 1].map((at) => `00000000-0000-4000-8000-00000000000${at}`);
  const medium = (at: number, parent: number | null, actualSizeBytes: number | null) =>
    Medium.parse({
      id: ids[at],
      kind: 'disk',
      name: `d${at}`,
      location: `/d${at}`,
      format: 'qcow2',
      virtualSizeBytes: 1000,
      actualSizeBytes,
      inaccessibleBecause: null,
      parentId: parent === null ? null : ids[parent],
      attachedTo: [],
      inSnapshots: [],
      isOwned: true,
      createdAt: '2026-01-01T00:00:00.000Z',
    });

  it('counts every layer once, even where they build on each other', () => {
    const layers = [medium(0, 1, 10), medium(1, null, 300)];
    const loop = [medium(0, 1, 10), medium(1, 0, null)];
    const sizeOf = (all: Medium[]) =>
      chainSizeBytes(medium(0, null, 0).id, new Map(all.map((each) => [each.id, each])));
    expect(sizeOf(layers)).toBe(310);
    expect(sizeOf(loop)).toBe(10);
  });
});
