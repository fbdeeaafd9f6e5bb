import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { InnError } from '../../../shared/errors.ts';
import type { QmpCaller } from '../qmp/link.ts';
import { isRecord } from '../qmp/protocol.ts';
import { fileIn, removeNode } from './drive-nodes.ts';

/**
 * Formats in whose presence QEMU refuses to save a state, be they a disk's own or of an image that it builds on: they keep
 * tables in memory that another QEMU at the same file would not see. Nobody else is at the file here.
 */
const BLOCKING: ReadonlySet<unknown> = new Set(['vdi', 'vpc', 'vmdk', 'vhdx']);

/** A disk that is out of its drive while the state is saved, and how to put it back. */
interface ParkedDisk {
  /** Path of the device in QEMU's tree of objects. */
  device: string;
  /** Names of its images, from the one that is written to the one that stands alone. */
  nodes: string[];
  /** For `blockdev-add`. */
  node: Record<string, unknown>;
  placeholder: string;
  sizeBytes: number;
}

/**
 * Runs work with a guest that stands still, while the disks that would stand in its way are closed and an empty one of the
 * same size is in each of their drives. They are written down before in `file`: a program that is killed meanwhile
 * leaves it to the next one to put them back.
 * @throws InnError as `unparkDisks`, and what the work throws
 */
export async function withDisksParked<T>(engine: QmpCaller, file: string, work: () => Promise<T>): Promise<T> {
  const disks = await findBlocking(engine);
  if (disks.length === 0) return work();
  await writeFile(`${file}.new`, JSON.stringify(disks), { mode: 0o600 });
  await rename(`${file}.new`, file);
  try {
    for (const disk of disks) await park(engine, disk);
    return await work();
  } finally {
    await unparkDisks(engine, file);
  }
}

/** Whether disks must be closed to save a state, which only a guest that stands still can bear. */
export async function hasBlockingDisks(engine: QmpCaller): Promise<boolean> {
  return (await findBlocking(engine)).length > 0;
}

/**
 * Puts back what `withDisksParked` took out; nothing when that is done.
 * @throws InnError `ENGINE_FAILED` when that cannot be done: QEMU is ended then, since a guest must not run without its disks
 */
export async function unparkDisks(engine: QmpCaller, file: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const disks: ParkedDisk[] = JSON.parse(text); // written above, aside and renamed
  try {
    for (const disk of disks) await unpark(engine, disk);
  } catch (error) {
    await engine.execute('quit').catch(() => undefined);
    throw error;
  }
  await rm(file, { force: true });
}

async function park(engine: QmpCaller, { device, nodes, placeholder, sizeBytes }: ParkedDisk): Promise<void> {
  await engine.execute('blockdev-add', { driver: 'null-co', 'node-name': placeholder, size: sizeBytes });
  await engine.execute('qom-set', { path: device, property: 'drive', value: placeholder });
  for (const node of nodes) await removeNode(engine, node); // one with a name of its own does not go with the one above
}

async function unpark(engine: QmpCaller, { device, node, placeholder }: ParkedDisk): Promise<void> {
  const name = node['node-name'];
  const nodes = await engine.execute('query-named-block-nodes', { flat: true });
  const isOpen = Array.isArray(nodes) && nodes.some((each) => isRecord(each) && each['node-name'] === name);
  if (!isOpen) await engine.execute('blockdev-add', node);
  await engine.execute('qom-set', { path: device, property: 'drive', value: name });
  await removeNode(engine, placeholder);
}

async function findBlocking(engine: QmpCaller): Promise<ParkedDisk[]> {
  const drives = await engine.execute('query-block');
  const nodes = await engine.execute('query-named-block-nodes', { flat: true });
  const names = new Map<string, string>();
  for (const node of Array.isArray(nodes) ? nodes : []) {
    const file = isRecord(node) && node.drv !== 'file' ? fileIn(node.file) : undefined;
    if (isRecord(node) && file !== undefined) names.set(file, String(node['node-name']));
  }
  const all = Array.isArray(drives) ? drives : [];
  return all.flatMap((drive) => (isRecord(drive) ? describe(drive, names) : []));
}

function describe({ qdev, inserted }: Record<string, unknown>, names: ReadonlyMap<string, string>): ParkedDisk[] {
  if (typeof qdev !== 'string' || !isRecord(inserted) || !isRecord(inserted.image)) return [];
  const images = imagesIn(inserted.image);
  if (!images.some(({ format }) => BLOCKING.has(format))) return [];
  const device = qdev.startsWith('/') ? qdev : `/machine/peripheral/${qdev}`;
  const id = qdev.split('/').find((part) => part !== '' && part !== 'machine' && part !== 'peripheral') ?? qdev;
  const present = String(inserted['node-name']);
  const name = present.startsWith('#') ? id : present;
  const options = { 'node-name': name, discard: 'unmap', ...nodeFor(images, inserted.ro === true) };
  const [top] = images;
  return [
    {
      device,
      nodes: images.flatMap(({ file }) => names.get(file) ?? []),
      node: options,
      placeholder: `${id}.parked`,
      sizeBytes: top?.sizeBytes ?? 0,
    },
  ];
}

interface OpenImage {
  file: string;
  format: string;
  sizeBytes: number;
}

/** @throws InnError `ENGINE_FAILED` when QEMU does not say what it has open */
function imagesIn(top: Record<string, unknown>): OpenImage[] {
  const images: OpenImage[] = [];
  for (let image: unknown = top; isRecord(image); image = image['backing-image']) {
    const file = fileIn(image.filename);
    const { format, 'virtual-size': sizeBytes } = image;
    if (file === undefined || typeof format !== 'string' || typeof sizeBytes !== 'number') {
      throw new InnError('ENGINE_FAILED', 'QEMU does not say which images its disks use.');
    }
    images.push({ file, format, sizeBytes });
  }
  return images;
}

/** As the images were opened: with formats and bases that are told, never read from a file. */
function nodeFor([image, ...below]: OpenImage[], isReadOnly: boolean): Record<string, unknown> | null {
  if (image === undefined) return null;
  const { file, format } = image;
  const backing = format === 'qcow2' || format === 'vmdk' ? { backing: nodeFor(below, true) } : {};
  const own = { driver: 'file', filename: file, ...(isReadOnly ? {} : { discard: 'unmap' }) };
  return { driver: format, 'read-only': isReadOnly, ...backing, file: own };
}
