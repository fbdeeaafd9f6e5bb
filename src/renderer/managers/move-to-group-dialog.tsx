import { Autocomplete, Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import { type Machine, MachineConfig, type MachineId } from '../../shared/model/machine.ts';
import { groupPath, groupsOf, moveToGroup } from '../machine-list/groups.ts';
import { useMachines } from '../store.ts';

/** Puts machines into a group, an existing or a new one; empty is none. */
export function MoveToGroupDialog({ machineIds, onClose }: { machineIds: readonly MachineId[]; onClose(): void }) {
  const machines = useMachines();
  const chosen = machineIds.flatMap((id): Machine[] => {
    const machine = machines.get(id);
    return machine === undefined ? [] : [machine];
  });
  const groups = useMemo(() => groupsOf(machines.values()), [machines]);
  const [text, setText] = useState(() => (chosen[0]?.config.group ?? '/').slice(1));
  const path = groupPath(text);
  const problem = MachineConfig.shape.group.safeParse(path).error?.issues[0]?.message;
  const what = chosen.length === 1 ? `'${chosen[0]?.config.name}'` : `${chosen.length} machines`;
  return (
    <Modal opened onClose={onClose} title={`Move ${what} to a group`} size={420}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (problem !== undefined) return;
          onClose();
          void moveToGroup(chosen, path);
        }}
      >
        <Stack gap="sm">
          <Autocomplete
            size="xs"
            label="Group"
            placeholder="None"
            data-autofocus
            data={groups.map((group) => group.slice(1))}
            value={text}
            onChange={setText}
            error={problem}
            comboboxProps={{ zIndex: 310 }}
          />
          <Text c="dimmed" fz="xs">
            A new name makes a new group; Lab/Web is a group within a group. Empty is no group.
          </Text>
          <Group justify="flex-end" gap="xs" mt="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" disabled={problem !== undefined}>
              Move
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
