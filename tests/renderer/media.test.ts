import { describe, expect, it } from 'vitest';
import { pathIn, toImageInput, withFormat } from '../../src/renderer/media/image-choice.ts';
import { type MediumCommand, whyNot } from '../../src/renderer/media/medium-commands.ts';
import { mediumRows } from '../../src/renderer/media/medium-rows.ts';
import type { MachineState } from '../../src/shared/machine-state.ts';
import { type Medium, MediumId } from '../../src/shared/model/medium.ts';
import { aMachine } from './a-machine.ts';

const idOf = (number: number) => MediumId.parse(`00000000-0000-4000-8000-${String(number).padStart(12, '0')}`);

function aMedium(number: number, changes: Partial<Medium> = {}): Medium {
  return {
    id: idOf(number),
    kind: 'disk',
    name: `disk ${number}`,
    location: `/disks/${number}.qcow2`,
    format: 'qcow2',
    virtualSizeBytes: 1024 ** 3,
    actualSizeBytes: 65_536,
    inaccessibleBecause: null,
    parentId: null,
    attachedTo: [],
    inSnapshots: [],
    isOwned: false,
    description: '',
    createdAt: '2026-03-01T12:00:00Z',
    ...changes,
  };
}

describe('the rows of the media', () => {
  const media = [
    aMedium(10),
    aMedium(2),
    aMedium(3, { parentId: idOf(2), name: 'child', attachedTo: ['web'] }),
    aMedium(4, { kind: 'optical', name: 'debian.iso' }),
  ];

  it('stand by name, with what builds on an image below it', () => {
    expect(mediumRows(media, 'disk', '').map(({ medium, level }) => [medium.name, level])).toEqual([
      ['disk 2', 1],
      ['child', 2],
      ['disk 10', 1],
    ]);
    expect(mediumRows(media, 'optical', '')).toHaveLength(1);
  });

  it('keep the way to what a search finds, by name, file or machine', () => {
    const found = (search: string) => mediumRows(media, 'disk', search).map(({ medium }) => medium.name);
    expect(found('WEB')).toEqual(['disk 2', 'child']);
    expect(found('10.qcow2')).toEqual(['disk 10']);
    expect(found('nothing')).toEqual([]);
  });

  it('show an image whose base is not known at the top', () => {
    const orphan = aMedium(5, { parentId: idOf(99) });
    expect(mediumRows([orphan], 'disk', '')).toEqual([{ medium: orphan, level: 1 }]);
  });
});

describe('what can be done with a medium', () => {
  const medium = aMedium(1, { attachedTo: ['web'] });
  const known = (state: MachineState, media: Medium[] = [medium]) => {
    const machine = aMachine({ state });
    const attachments = [{ port: 0, device: 0, kind: 'disk' as const, mediumId: medium.id }];
    const config = { ...machine.config, name: 'web', storage: [{ name: 'IDE', type: 'ide' as const, attachments }] };
    return {
      machines: new Map([[machine.id, { ...machine, config }]]),
      media: new Map(media.map((each) => [each.id, each])),
    };
  };
  const allowed = (state: MachineState) =>
    (['copy', 'resize', 'compact', 'check', 'release', 'remove'] satisfies MediumCommand[]).filter(
      (command) => whyNot(command, medium, known(state)) === null,
    );

  it.each<[MachineState, MediumCommand[]]>([
    ['PoweredOff', ['copy', 'resize', 'compact', 'check', 'release']],
    ['Saved', ['copy', 'check']],
    ['Running', []],
  ])('depends on its machine: %s', (state, commands) => {
    expect(allowed(state)).toEqual(commands);
  });

  it('leaves out what would change an image that others build on, and says why', () => {
    const child = aMedium(2, { parentId: medium.id });
    const { machines, media } = known('PoweredOff', [medium, child]);
    expect(whyNot('resize', { ...medium, attachedTo: [] }, { machines, media })).toContain('build on it');
    expect(whyNot('remove', { ...medium, attachedTo: [] }, { machines, media })).toContain('build on it');
    expect(whyNot('copy', medium, { machines, media })).toBeNull();
  });

  it('is only to take it off the list when its file is gone', () => {
    const lost = { ...medium, attachedTo: [], inaccessibleBecause: 'It does not exist.' };
    const nothing = { machines: new Map(), media: new Map() };
    expect(whyNot('copy', lost, nothing)).toBe('Its file cannot be read.');
    expect(whyNot('remove', lost, nothing)).toBeNull();
  });
});

describe('the choice of an image', () => {
  it('keeps the variant where the format has it', () => {
    const compressed = { format: 'vmdk', variant: 'streamOptimized' } as const;
    expect(withFormat(compressed, 'vdi', true)).toEqual({ format: 'vdi', variant: 'dynamic' });
    expect(withFormat({ format: 'vdi', variant: 'fixed' }, 'vhd', false)).toEqual({ format: 'vhd', variant: 'fixed' });
    expect(toImageInput({ format: 'raw', variant: 'fixed' })).toEqual({ format: 'raw' });
  });

  it('puts the file into the folder, as the host writes its paths', () => {
    expect(pathIn('/disks/', 'data', 'raw')).toBe('/disks/data.img');
    expect(pathIn('D:\\Disks', 'data', 'qcow2')).toBe('D:\\Disks\\data.qcow2');
  });
});
