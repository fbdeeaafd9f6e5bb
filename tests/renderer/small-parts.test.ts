import { describe, expect, it } from 'vitest';
import { folderOf, shownEntries } from '../../src/renderer/components/file-list.ts';
import { sparklinePath } from '../../src/renderer/components/sparkline.tsx';
import { freeName } from '../../src/renderer/free-name.ts';
import { memoryRange, processorRange } from '../../src/renderer/hardware-zones.ts';
import { attachmentWords, slotWords } from '../../src/renderer/machine-details/config-words.ts';
import { toggled } from '../../src/renderer/view.ts';
import type { FolderEntry } from '../../src/shared/model/host.ts';

const file = (name: string): FolderEntry => ({ name, path: `/iso/${name}`, isFolder: false, sizeBytes: 1 });
const folder = (name: string): FolderEntry => ({ ...file(name), isFolder: true, sizeBytes: null });

describe('the file dialog', () => {
  const entries = [file('b10.ISO'), file('b9.iso'), file('notes.txt'), folder('z'), file('.hidden.iso')];
  const discs = { name: 'Disc images', extensions: ['iso'] };

  it('shows folders first, then what the filter lets through, numbers in their order', () => {
    expect(shownEntries(entries, discs, false).map(({ name }) => name)).toEqual(['z', 'b9.iso', 'b10.ISO']);
  });

  it('shows everything when asked to', () => {
    expect(shownEntries(entries, null, true)).toHaveLength(5);
  });

  it('begins in the folder of the present file', () => {
    expect(folderOf('/iso/debian.iso')).toBe('/iso');
    expect(folderOf('/vmlinuz')).toBe('/');
    expect(folderOf('C:\\iso\\debian.iso')).toBe('C:\\iso');
    expect(folderOf('')).toBeUndefined();
  });
});

describe('a free name', () => {
  it('counts on, without regard to case', () => {
    expect(freeName('Demo', [])).toBe('Demo');
    expect(freeName('Demo', ['demo', 'Demo 2'])).toBe('Demo 3');
  });
});

describe('a sparkline', () => {
  it('runs from the left edge to the right, with zero at the bottom and the top value at the top', () => {
    expect(sparklinePath([0, 10], 10, 20, 8)).toBe('M0.0 8.0L20.0 0.0');
  });

  it('is empty for fewer than two values, and flat when all are zero', () => {
    expect(sparklinePath([5], 10, 20, 8)).toBe('');
    expect(sparklinePath([0, 0], 0, 20, 8)).toBe('M0.0 8.0L20.0 8.0');
  });
});

describe('the scales of the sliders', () => {
  it('keep green and amber within what they offer', () => {
    const memory = memoryRange(undefined, 'auto', []);
    expect(memory.green).toBeLessThan(memory.amber);
    expect(memory.amber).toBeLessThanOrEqual(memory.max);
    const processors = processorRange(undefined, 'auto', []);
    expect(processors).toMatchObject({ min: 1, green: 1, amber: 2, max: 2 });
  });
});

describe('the words of the details', () => {
  it('name slots as the field does', () => {
    const drive = { port: 1, device: 0, kind: 'optical', mediumId: null } as const;
    expect(slotWords({ name: 'IDE', type: 'ide', attachments: [] }, drive)).toBe('Secondary Master');
    expect(slotWords({ name: 'SATA', type: 'sata', attachments: [] }, drive)).toBe('Port 1');
    expect(attachmentWords(drive, new Map())).toBe('Empty');
  });
});

describe('a list of what is collapsed', () => {
  it('gains an item, or loses it', () => {
    expect(toggled(['/A'], '/B')).toEqual(['/A', '/B']);
    expect(toggled(['/A', '/B'], '/A')).toEqual(['/B']);
  });
});
