import { describe, expect, it } from 'vitest';
import { type ListRow, listRows, movedIndex } from '../../src/renderer/machine-list/list-rows.ts';
import { aMachine } from './a-machine.ts';

const words = (rows: ListRow[]) =>
  rows.map((row) => `${'  '.repeat(row.depth)}${row.kind === 'group' ? `[${row.name}]` : row.machine.config.name}`);

const lab = [
  aMachine({ name: 'web', position: 3 }),
  aMachine({ name: 'db', group: '/Lab/Data', position: 1, state: 'Running' }),
  aMachine({ name: 'agent', group: '/Lab', position: 2 }),
];

describe('the rows of the machine list', () => {
  it('show groups before machines and nest them by their path', () => {
    expect(words(listRows(lab, new Set(), ''))).toEqual(['[Lab]', '  [Data]', '    db', '  agent', 'web']);
  });

  it('keep the order of positions, and of names where positions are the same', () => {
    const machines = [aMachine({ name: 'b' }), aMachine({ name: 'a' }), aMachine({ name: 'last', position: 1 })];
    expect(words(listRows(machines, new Set(), ''))).toEqual(['a', 'b', 'last']);
  });

  it('hide what is in a collapsed group, and count it', () => {
    const rows = listRows(lab, new Set(['/Lab']), '');
    expect(words(rows)).toEqual(['[Lab]', 'web']);
    expect(rows[0]).toMatchObject({ machines: 2, online: 1, isOpen: false });
  });

  it('show what a search finds by all of its words, in groups that are open for it', () => {
    expect(words(listRows(lab, new Set(['/Lab']), 'LAB db'))).toEqual(['[Lab]', '  [Data]', '    db']);
    expect(listRows(lab, new Set(), 'nothing like this')).toEqual([]);
  });
});

describe('the keys of the machine list', () => {
  it('stop at both ends', () => {
    expect(movedIndex('ArrowDown', 4, 5)).toBe(4);
    expect(movedIndex('ArrowUp', 0, 5)).toBe(0);
    expect(movedIndex('PageDown', 2, 5)).toBe(4);
  });

  it('begin at the top, or at the bottom when going up, without a cursor', () => {
    expect(movedIndex('ArrowDown', -1, 5)).toBe(0);
    expect(movedIndex('ArrowUp', -1, 5)).toBe(4);
  });

  it('go to the ends, and leave other keys and the empty list alone', () => {
    expect(movedIndex('End', 0, 5)).toBe(4);
    expect(movedIndex('Home', 4, 5)).toBe(0);
    expect(movedIndex('x', 0, 5)).toBeUndefined();
    expect(movedIndex('ArrowDown', -1, 0)).toBeUndefined();
  });
});
