import { isOnline } from '../../shared/machine-state.ts';
import type { Machine } from '../../shared/model/machine.ts';

export type ListRow =
  | { kind: 'group'; path: string; name: string; depth: number; isOpen: boolean; machines: number; online: number }
  | { kind: 'machine'; machine: Machine; depth: number };

interface GroupNode {
  path: string;
  name: string;
  groups: Map<string, GroupNode>;
  machines: Machine[];
}

/**
 * The rows of the list from top to bottom: groups before machines, as in the field; machines by position, then by name.
 * A search shows the machines whose name or group contains all of its words, in groups that are then all open.
 */
export function listRows(machines: Iterable<Machine>, collapsed: ReadonlySet<string>, search: string): ListRow[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const root: GroupNode = { path: '/', name: '', groups: new Map(), machines: [] };
  for (const machine of [...machines].sort(byPosition)) {
    const text = `${machine.config.name} ${machine.config.group}`.toLowerCase();
    if (words.every((word) => text.includes(word))) nodeOf(root, machine.config.group).machines.push(machine);
  }
  const isOpen = (path: string) => words.length > 0 || !collapsed.has(path);
  return rowsOf(root, 0, isOpen);
}

function byPosition(a: Machine, b: Machine): number {
  return a.position - b.position || a.config.name.localeCompare(b.config.name);
}

function nodeOf(root: GroupNode, group: string): GroupNode {
  let node = root;
  for (const name of group.split('/').filter(Boolean)) {
    const path = `${node.path === '/' ? '' : node.path}/${name}`;
    const next = node.groups.get(name) ?? { path, name, groups: new Map(), machines: [] };
    node.groups.set(name, next);
    node = next;
  }
  return node;
}

function rowsOf(node: GroupNode, depth: number, isOpen: (path: string) => boolean): ListRow[] {
  const rows: ListRow[] = [];
  for (const group of [...node.groups.values()].sort((a, b) => a.name.localeCompare(b.name))) {
    const inside = machinesIn(group);
    const open = isOpen(group.path);
    const online = inside.filter((machine) => isOnline(machine.state)).length;
    const { path, name } = group;
    rows.push({ kind: 'group', path, name, depth, isOpen: open, machines: inside.length, online });
    if (open) rows.push(...rowsOf(group, depth + 1, isOpen));
  }
  rows.push(...node.machines.map((machine) => ({ kind: 'machine' as const, machine, depth })));
  return rows;
}

function machinesIn(node: GroupNode): Machine[] {
  return [...[...node.groups.values()].flatMap(machinesIn), ...node.machines];
}

export function rowKey(row: ListRow): string {
  return row.kind === 'group' ? `group ${row.path}` : row.machine.id;
}

/** Where a key moves the cursor among `count` rows; -1 is no cursor. Undefined: the key is not for the list. */
export function movedIndex(key: string, index: number, count: number, page = 10): number | undefined {
  if (count === 0) return undefined;
  const clamp = (to: number) => Math.min(count - 1, Math.max(0, to));
  switch (key) {
    case 'ArrowDown':
      return clamp(index + 1);
    case 'ArrowUp':
      return clamp(index < 0 ? count - 1 : index - 1);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    case 'PageDown':
      return clamp(index + page);
    case 'PageUp':
      return clamp(index - page);
    default:
      return undefined;
  }
}
