import { describe, expect, it } from 'vitest';
import {
  draftConfig,
  EMPTY_FORM,
  missingFrom,
  NewMachineForm,
  summaryOf,
  toCreateInput,
  withGuess,
  withOsType,
  withSource,
} from '../../src/renderer/new-machine/new-machine-form.ts';
import { CreateMachineInput } from '../../src/shared/machine-contract.ts';
import { MachineConfig } from '../../src/shared/model/machine.ts';
import { GIB } from '../../src/shared/units.ts';

describe('the form of a new machine', () => {
  it('guesses the OS type from the name and takes its recommended hardware', () => {
    const form = withGuess({ ...EMPTY_FORM, name: 'My Windows XP' });
    expect(form).toMatchObject({ osType: 'windows-xp-32', memoryMiB: 512, diskGiB: 10 });
  });

  it('guesses from the disc when the name says nothing', () => {
    const form = withGuess({ ...EMPTY_FORM, name: 'box', isoPath: '/iso/alpine-x86_64.iso' });
    expect(form.osType).toBe('alpine-64');
  });

  it('guesses no more once the person has chosen', () => {
    const chosen = { ...withOsType(EMPTY_FORM, 'freedos'), isOsTypeChosen: true };
    expect(withGuess({ ...chosen, name: 'Debian' }).osType).toBe('freedos');
  });

  it('makes the demo guest its own OS type without a disk, and forgets it again', () => {
    const demo = withSource(EMPTY_FORM, 'demo');
    expect(demo).toMatchObject({ osType: 'demo', hasNewDisk: false, memoryMiB: 128 });
    expect(withSource(demo, 'iso')).toMatchObject({ osType: EMPTY_FORM.osType, hasNewDisk: true });
  });

  it('asks for the file that the source needs, and for no other', () => {
    const form = { ...EMPTY_FORM, name: 'web' };
    expect(missingFrom({ ...EMPTY_FORM, name: ' ' })).toBe('Give the machine a name.');
    expect(missingFrom(form)).toBe('Choose an ISO file to start from.');
    expect(missingFrom({ ...form, source: 'kernel', isoPath: '/a.iso' })).toBe('Choose a kernel to start from.');
    expect(missingFrom({ ...form, source: 'empty' })).toBeUndefined();
    expect(NewMachineForm.safeParse({ ...form, isoPath: '/a.iso' }).success).toBe(true);
  });

  it('becomes a call that the contract accepts, with the files of the chosen source only', () => {
    const form = { ...EMPTY_FORM, name: ' web ', isoPath: '/a.iso', diskPath: '/b.img', diskGiB: 4 };
    expect(CreateMachineInput.parse(toCreateInput(form))).toEqual({
      name: 'web',
      osType: 'linux-32',
      keepsWarmStart: false,
      engine: 'auto',
      memoryMiB: 512,
      processors: 1,
      diskSizeBytes: 4 * GIB,
      isoPath: '/a.iso',
    });
    expect(toCreateInput({ ...form, source: 'disk' })).toMatchObject({ diskPath: '/b.img', diskSizeBytes: null });
    expect(toCreateInput(withSource(form, 'demo'))).toMatchObject({ isDemo: true, keepsWarmStart: true });
  });

  it('drafts a configuration that the schema accepts, for each source', () => {
    for (const source of ['iso', 'demo', 'disk', 'kernel', 'empty'] as const) {
      const form = { ...withSource({ ...EMPTY_FORM, name: 'web' }, source), kernelPath: '/boot/vmlinuz' };
      expect(MachineConfig.safeParse(draftConfig(form)).error).toBeUndefined();
    }
  });

  it('says in one sentence what will be created', () => {
    expect(summaryOf({ ...EMPTY_FORM, isoPath: '/iso/debian.iso' })).toBe(
      'Linux (32-bit) with 512 MB of memory and 1 processor and an empty disk of 8 GB. It boots from debian.iso.',
    );
  });
});
