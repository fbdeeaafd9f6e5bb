import type { MachineRecord } from '../machine-record.ts';
import type { RunnerContext } from '../runner-context.ts';
import { readSavedStateNote, writeSavedStateNote } from '../saved-state.ts';

/**
 * Notes that the saved state of the machine fits these files, too, before its disks change without changing for the guest:
 * whichever of them the machine has after a crash, its state can be restored.
 */
export async function reNoteSavedState(
  context: RunnerContext,
  record: MachineRecord,
  files: readonly string[],
): Promise<void> {
  const { id, config, savedStateFile } = record;
  if (savedStateFile === null) return;
  const folder = context.deps.paths.machineFolder(id);
  const note = await readSavedStateNote(folder, savedStateFile);
  if (!note) return;
  const present = await context.writableFiles(id, config);
  await writeSavedStateNote(folder, savedStateFile, note.engine, [...new Set([...present, ...files])]);
}
