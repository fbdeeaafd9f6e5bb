import type { QmpCaller } from '../qmp/link.ts';
import type { ResolvedDrive } from '../start-spec.ts';
import { blockNode, hasMedium } from './command-line/blockdev.ts';
import { driveId } from './drive-id.ts';
import { hasFileInDrive, nextNode, nodeInDrive, removeNode } from './drive-nodes.ts';

/** All that the guest has written is brought to the disks first. */
const SWITCH_TIMEOUT_MS = 120_000;

interface Overlay {
  /** Name of the image that is written now. */
  node: string;
  /** Name of the image that is written from now on. */
  overlay: string;
}

/**
 * Lets the disks of these drives go on in their overlays, all of them or none. Each drive's medium is its overlay; one that is
 * in its drive already, since a program before this one was cut off, stays.
 * @throws InnError `ENGINE_FAILED`; the disks are as they were then
 */
export async function switchDisks(engine: QmpCaller, drives: readonly ResolvedDrive[]): Promise<void> {
  const overlays: Overlay[] = [];
  try {
    for (const drive of drives.filter(hasMedium)) {
      const id = driveId(drive);
      if (await hasFileInDrive(engine, id, drive.medium.path)) continue;
      const node = (await nodeInDrive(engine, id)) ?? id;
      const overlay = nextNode(id, node);
      await removeNode(engine, overlay); // left by a program that was cut off before it used it
      const alone = { ...drive, medium: { ...drive.medium, backing: [] } }; // QEMU puts the open image below it
      await engine.execute('blockdev-add', { ...blockNode(alone), 'node-name': overlay });
      overlays.push({ node, overlay });
    }
    const actions = overlays.map((data) => ({ type: 'blockdev-snapshot', data }));
    if (actions.length > 0) await engine.execute('transaction', { actions }, { timeoutMs: SWITCH_TIMEOUT_MS });
  } catch (error) {
    for (const { overlay } of overlays) await removeNode(engine, overlay);
    throw error;
  }
}
