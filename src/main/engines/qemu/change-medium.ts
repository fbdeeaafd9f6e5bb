import type { QmpCaller } from '../qmp/link.ts';
import type { ResolvedDrive } from '../start-spec.ts';
import { blockNode, hasMedium } from './command-line/blockdev.ts';
import { driveId } from './drive-id.ts';
import { nextNode, nodeInDrive, removeNode } from './drive-nodes.ts';

/**
 * Takes out what is in an optical or floppy drive and puts the medium in, if there is one. When the new image cannot be
 * opened or used, the old one stays in the drive.
 * @throws InnError `ENGINE_FAILED` with QEMU's reason
 */
export async function changeMedium(engine: QmpCaller, drive: ResolvedDrive): Promise<void> {
  const id = driveId(drive);
  const old = await nodeInDrive(engine, id);
  const node = nextNode(id, old);
  if (hasMedium(drive)) await engine.execute('blockdev-add', { ...blockNode(drive), 'node-name': node });
  try {
    await engine.execute('blockdev-open-tray', { id, force: true });
    await engine.execute('blockdev-remove-medium', { id });
    if (hasMedium(drive)) await engine.execute('blockdev-insert-medium', { id, 'node-name': node });
  } catch (error) {
    if (hasMedium(drive)) await removeNode(engine, node);
    if (old !== undefined) await putBack(engine, id, old);
    throw error;
  }
  await engine.execute('blockdev-close-tray', { id });
  if (old !== undefined) await removeNode(engine, old);
}

async function putBack(engine: QmpCaller, id: string, node: string): Promise<void> {
  // It may still be in there; the error that led here is the one to tell.
  await engine.execute('blockdev-insert-medium', { id, 'node-name': node }).catch(() => undefined);
  await engine.execute('blockdev-close-tray', { id }).catch(() => undefined);
}
