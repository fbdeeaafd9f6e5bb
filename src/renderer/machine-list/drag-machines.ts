import type { DragEvent } from 'react';
import type { MachineId } from '../../shared/model/machine.ts';

/** Only this window's own drags are taken: nothing that is dragged in from elsewhere moves a machine. */
const KIND = 'application/x-innkeeper-machines';

export function beginDrag(event: DragEvent, ids: readonly MachineId[]): void {
  event.dataTransfer.setData(KIND, ids.join(' '));
  event.dataTransfer.effectAllowed = 'move';
}

export function isMachineDrag(event: DragEvent): boolean {
  return event.dataTransfer.types.includes(KIND);
}

export function draggedIds(event: DragEvent): string[] {
  return event.dataTransfer.getData(KIND).split(' ').filter(Boolean);
}
