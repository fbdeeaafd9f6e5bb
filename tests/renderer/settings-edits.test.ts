import { describe, expect, it } from 'vitest';
import { movedDevice, toggledDevice } from '../../src/renderer/machine-settings/boot-moves.ts';
import { randomMac } from '../../src/renderer/machine-settings/random-mac.ts';
import { canEdit, placeOf } from '../../src/renderer/machine-settings/settings-fields.ts';
import {
  withDrive,
  withMedium,
  withNewController,
  withoutDrive,
} from '../../src/renderer/machine-settings/storage-edits.ts';
import { freeSlots } from '../../src/shared/drive-slots.ts';
import { MachineConfig } from '../../src/shared/model/machine.ts';
import { MacAddress } from '../../src/shared/model/network.ts';

describe('when a field may be edited', () => {
  it('depends on the state as the core guards it', () => {
    expect(canEdit('off', 'PoweredOff')).toBe(true);
    expect(canEdit('off', 'Running')).toBe(false);
    expect(canEdit('live', 'Running')).toBe(true);
    expect(canEdit('live', 'Saved')).toBe(false);
    expect(canEdit('plug', 'Running')).toBe(false);
    expect(canEdit('plug', 'Running', true)).toBe(true);
    expect(canEdit('plug', 'Saved', true)).toBe(false);
    expect(canEdit('always', 'Saved')).toBe(true);
    expect(canEdit('always', 'Starting')).toBe(false);
  });
});

describe('the place of an issue', () => {
  it('is known for every field of the configuration', () => {
    const unknown = Object.keys(MachineConfig.shape).filter((field) => placeOf(field).label === field);
    expect(unknown).toEqual([]);
  });

  it('tells the cap from the count, and one adapter from the other', () => {
    expect(placeOf('processors.capPercent').label).toBe('Execution Cap');
    expect(placeOf('adapters.1.macAddress')).toEqual({ page: 'network', label: 'Adapter 2' });
  });
});

describe('drives', () => {
  const ide = withNewController([], 'ide');

  it('take the first free slot, in the order of ports', () => {
    const two = withDrive(withDrive(ide, 0, 'disk', null), 0, 'optical', null);
    expect(two[0]?.attachments.map(({ port, device }) => [port, device])).toEqual([
      [0, 0],
      [0, 1],
    ]);
    const gap = withoutDrive(two, 0, 0);
    expect(withDrive(gap, 0, 'disk', null)[0]?.attachments.map(({ kind }) => kind)).toEqual(['disk', 'optical']);
  });

  it('are not added to a full controller', () => {
    let storage = ide;
    for (let count = 0; count < 5; count += 1) storage = withDrive(storage, 0, 'optical', null);
    expect(storage[0]?.attachments).toHaveLength(4);
    expect(storage[0] && freeSlots(storage[0])).toEqual([]);
  });

  it('change their medium without touching the others', () => {
    const two = withDrive(withDrive(ide, 0, 'optical', null), 0, 'optical', null);
    const first = two[0]?.attachments[0];
    const changed = withMedium(two, 0, 1, null);
    expect(changed[0]?.attachments[0]).toBe(first);
  });
});

describe('the boot order', () => {
  it('moves a device by one place and stops at the ends', () => {
    expect(movedDevice(['floppy', 'disk'], 1, -1)).toEqual(['disk', 'floppy']);
    expect(movedDevice(['floppy', 'disk'], 0, -1)).toEqual(['floppy', 'disk']);
    expect(movedDevice(['floppy', 'disk'], 1, 1)).toEqual(['floppy', 'disk']);
  });

  it('tries a newly ticked device last', () => {
    expect(toggledDevice(['disk'], 'network')).toEqual(['disk', 'network']);
    expect(toggledDevice(['disk', 'network'], 'disk')).toEqual(['network']);
  });
});

describe('a new MAC address', () => {
  it('is always legal for an adapter', () => {
    expect(MacAddress.parse(randomMac(new Uint8Array([0, 15, 255])))).toBe('52:54:00:00:0f:ff');
    expect(MacAddress.safeParse(randomMac()).success).toBe(true);
  });
});
