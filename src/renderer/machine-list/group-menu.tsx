import { Menu } from '@mantine/core';
import { IconDeviceFloppy, IconPlayerPlay, IconPower } from '@tabler/icons-react';
import { can, isRest } from '../../shared/machine-state.ts';
import type { Machine } from '../../shared/model/machine.ts';
import { startGroup, stopGroup } from '../group-actions.ts';
import { useMachines } from '../store.ts';
import { isInside } from './groups.ts';

export interface GroupMenuPlace {
  group: string;
  /** Window coordinates of the upper left corner. */
  x: number;
  y: number;
}

/** What can be done with all machines of a group at once, in their start order. */
export function GroupMenu({ place, onClose }: { place: GroupMenuPlace | null; onClose(): void }) {
  const machines = useMachines();
  if (place === null) return null;
  const { group, x, y } = place;
  const members = [...machines.values()].filter(({ config }) => !config.isTemplate && isInside(config.group, group));
  const has = (is: (machine: Machine) => boolean) => members.some(is);
  const items = [
    {
      label: 'Start Group',
      icon: IconPlayerPlay,
      run: () => startGroup(group),
      reason: has(({ state }) => isRest(state) || state === 'Paused') ? null : 'All of its machines run.',
    },
    {
      label: 'Save Group',
      icon: IconDeviceFloppy,
      run: () => stopGroup(group, 'saveState'),
      reason: has(({ state }) => can('saveState', state)) ? null : 'None of its machines runs.',
    },
    {
      label: 'Shut Down Group',
      icon: IconPower,
      run: () => stopGroup(group, 'powerButton'),
      reason: has(({ state }) => can('powerButton', state)) ? null : 'None of its machines runs.',
    },
  ];
  return (
    <Menu opened onClose={onClose} width={200} position="bottom-start" returnFocus>
      <Menu.Target>
        <span
          role="presentation"
          aria-label={`Actions for group ${group}`}
          style={{ position: 'fixed', left: x, top: y, width: 0, height: 0 }}
        />
      </Menu.Target>
      <Menu.Dropdown aria-label={`Actions for group ${group}`}>
        {items.map(({ label, icon: Glyph, run, reason }) => (
          <Menu.Item
            key={label}
            leftSection={<Glyph size={15} stroke={1.7} />}
            disabled={reason !== null}
            title={reason ?? undefined}
            onClick={() => void run()}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
