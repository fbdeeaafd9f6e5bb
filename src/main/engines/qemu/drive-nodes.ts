import { InnError } from '../../../shared/errors.ts';
import type { QmpCaller } from '../qmp/link.ts';
import { isRecord } from '../qmp/protocol.ts';

/**
 * Name of the image that a drive uses now; undefined when the drive is empty.
 * @throws InnError `ENGINE_FAILED` when the machine has no such drive
 */
export async function nodeInDrive(engine: QmpCaller, id: string): Promise<string | undefined> {
  const node = (await mediumInDrive(engine, id))?.['node-name'];
  return typeof node === 'string' ? node : undefined;
}

/** Whether the image in the drive is this file. @throws InnError as `nodeInDrive` */
export async function hasFileInDrive(engine: QmpCaller, id: string, path: string): Promise<boolean> {
  return fileIn((await mediumInDrive(engine, id))?.file) === path;
}

/** The files of the images in the drive, from the one that is written to the one that stands alone. */
export async function filesInDrive(engine: QmpCaller, id: string): Promise<(string | undefined)[]> {
  const files: (string | undefined)[] = [];
  for (let image = (await mediumInDrive(engine, id))?.image; isRecord(image); image = image['backing-image']) {
    files.push(fileIn(image.filename));
  }
  return files;
}

/** Name of the open image that stands in the file. @throws InnError `ENGINE_FAILED` when there is none */
export async function nodeOfFile(engine: QmpCaller, path: string): Promise<string> {
  const nodes = await engine.execute('query-named-block-nodes', { flat: true });
  const isImage = (node: unknown) => isRecord(node) && node.drv !== 'file' && fileIn(node.file) === path;
  const node = Array.isArray(nodes) ? nodes.find(isImage) : undefined;
  if (isRecord(node) && typeof node['node-name'] === 'string') return node['node-name'];
  throw new InnError('ENGINE_FAILED', `The machine that runs does not use '${path}'.`, { details: { path } });
}

/** The file of an image. One whose base was told has a description of itself as its name. */
export function fileIn(name: unknown): string | undefined {
  if (typeof name !== 'string' || !name.startsWith('json:')) return typeof name === 'string' ? name : undefined;
  const node: unknown = JSON.parse(name.slice('json:'.length));
  const file = isRecord(node) && isRecord(node.file) ? node.file.filename : undefined;
  return typeof file === 'string' ? file : undefined;
}

async function mediumInDrive(engine: QmpCaller, id: string): Promise<Record<string, unknown> | undefined> {
  const drives = await engine.execute('query-block');
  const drive = Array.isArray(drives) ? drives.find((each) => isRecord(each) && isDevice(each.qdev, id)) : undefined;
  if (!isRecord(drive)) {
    throw new InnError('ENGINE_FAILED', `The machine that runs has no drive '${id}'.`, { details: { drive: id } });
  }
  return isRecord(drive.inserted) ? drive.inserted : undefined;
}

/** QEMU answers with the device's path, for some devices with a part of it behind: `/machine/peripheral/ide1-0`. */
function isDevice(qdev: unknown, id: string): boolean {
  return typeof qdev === 'string' && qdev.split('/').includes(id);
}

/**
 * A free name for the next image in the drive: `ide0-0`, `ide0-0.1`, `ide0-0.2`. The old image stays open at least for
 * a moment, as what the new one builds on for good.
 */
export function nextNode(id: string, present: string | undefined): string {
  if (present === undefined) return id;
  const [, count = '0'] = /\.(\d+)$/.exec(present) ?? [];
  return `${id}.${Number(count) + 1}`;
}

/** An image that stays open for a while does no harm; the next one has another name. */
export async function removeNode(engine: QmpCaller, node: string): Promise<void> {
  await engine.execute('blockdev-del', { 'node-name': node }).catch(() => undefined);
}

/** Closes the images that have a name of their own and that nothing builds on; QEMU refuses those that are in use. */
export async function removeUnusedNodes(engine: QmpCaller): Promise<void> {
  const nodes = await engine.execute('query-named-block-nodes', { flat: true });
  for (const node of Array.isArray(nodes) ? nodes : []) {
    const name = isRecord(node) && node.drv !== 'file' ? node['node-name'] : undefined;
    if (typeof name === 'string' && !name.startsWith('#')) await removeNode(engine, name); // `#`: a part of another one
  }
}
