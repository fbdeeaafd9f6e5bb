import type { MachineId } from '../../shared/model/machine.ts';
import { type ListRow, rowKey } from './list-rows.ts';

/** How a click or a key chooses: alone, added or taken away, or everything up to there. */
export type Choosing = 'only' | 'toggle' | 'range';

export interface Choice {
  selection: readonly MachineId[];
  /** The machine that commands and pages are about. */
  machineId: MachineId | null;
  /** Where a range begins: the row that was chosen last without Shift. */
  anchor: string | null;
}

/** The custom of lists: Shift makes a range, Ctrl (or Command) adds and takes away. */
export function choosingOf(event: { ctrlKey: boolean; metaKey: boolean; shiftKey: boolean }): Choosing {
  if (event.shiftKey) return 'range';
  return event.ctrlKey || event.metaKey ? 'toggle' : 'only';
}

/** What is chosen after the row at `at` was. A group is never chosen itself; within a range its machines are. */
export function choiceAfter(how: Choosing, rows: readonly ListRow[], at: number, now: Choice): Choice {
  const row = rows[at];
  if (row === undefined) return now;
  if (how === 'range') return rangeTo(rows, at, now);
  if (row.kind === 'group') return now;
  const { id } = row.machine;
  if (how === 'only' || now.selection.length === 0) return { selection: [id], machineId: id, anchor: id };
  if (!now.selection.includes(id)) return { selection: [...now.selection, id], machineId: id, anchor: id };
  const left = now.selection.filter((each) => each !== id);
  // The last one stays: a window about nothing helps nobody.
  return left.length === 0 ? now : { selection: left, machineId: left.at(-1) ?? null, anchor: id };
}

function rangeTo(rows: readonly ListRow[], at: number, now: Choice): Choice {
  const begin = rows.findIndex((row) => rowKey(row) === (now.anchor ?? now.machineId));
  const [first, last] = begin < at ? [Math.max(0, begin < 0 ? at : begin), at] : [at, begin];
  const selection = rows.slice(first, last + 1).flatMap((row) => (row.kind === 'machine' ? [row.machine.id] : []));
  if (selection.length === 0) return now;
  const row = rows[at];
  const machineId =
    row?.kind === 'machine' ? row.machine.id : (selection[begin < at ? selection.length - 1 : 0] ?? null);
  return { selection, machineId, anchor: now.anchor ?? now.machineId };
}
