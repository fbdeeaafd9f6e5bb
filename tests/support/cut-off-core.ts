/**
 * A core that works on a machine's snapshots until it is killed: `node cut-off-core.ts <folder> <seed> <step>`. It begins by
 * checking that everything is as its predecessor's log says, with the last operation done wholly or not at all. With a
 * step it kills itself there; the step's name is printed when it gets that far.
 */
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { createApp } from '../../src/main/app.ts';
import { FakeEngine } from '../../src/main/engines/fake/engine.ts';
import { createLog } from '../../src/main/log.ts';
import { makePaths } from '../../src/main/paths.ts';
import { isRest, isTransient } from '../../src/shared/machine-state.ts';
import { BLOCKS, DISK_BYTES, diskOf, readDisk, writeDisk } from './disk-images.ts';

type Content = number[];
/** What must be found on the disks. */
interface Model {
  present: Content;
  snapshots: Record<string, Content>;
  clones: Record<string, Content>;
}
type Work = 'write' | 'take' | 'takeOnline' | 'restore' | 'delete' | 'deleteOnline' | 'linked' | 'full' | 'remove';
const WORKS: Work[] = [
  ...(['write', 'write', 'take', 'take', 'takeOnline', 'restore', 'delete', 'delete'] as const),
  ...(['deleteOnline', 'deleteOnline', 'linked', 'full', 'remove'] as const),
];
/** What leads to every kind of merge soon: disks that hold much on top of such that hold little. */
const MERGING: Work[] = ['write', 'write', 'write', 'write', 'take', 'take', 'delete', 'deleteOnline'];
interface Pending {
  work: Work;
  block: number;
  byte: number;
  target: string | undefined;
  name: string;
}
interface Line {
  model: Model;
  pending?: Pending;
}

const [folder = '.', seed = '1', stopAt = ''] = process.argv.slice(2);
const journal = join(folder, 'expected.jsonl');
const env = { INNKEEPER_HOME: join(folder, 'home'), XDG_RUNTIME_DIR: join(folder, 'run') };
let state = Number(seed);
/** Mulberry32, a generator of 32 bits of state. */
const random = (below: number): number => {
  state = (state + 0x6d2b79f5) | 0;
  let bits = Math.imul(state ^ (state >>> 15), 1 | state);
  bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
  return ((bits ^ (bits >>> 14)) >>> 0) % below;
};
const say = (text: string): void => void writeSync(1, `${text}\n`);
const atStep = (step: string): void => {
  if (step === stopAt) {
    say(`stopped at ${step}`);
    process.kill(process.pid, 'SIGKILL');
  }
};

const app = await createApp({ env, engines: [new FakeEngine()], log: createLog(makePaths(env), 'silent'), atStep });
const { machines, snapshots, media, events, runner } = app.services;
if (!machines.list().some(({ config }) => config.name === 'web')) await makeMachine();
const web = () => machines.get('web');
await settled();
let model = await check();
say('ready');
for (;;) {
  const pending = choose();
  write({ model, pending });
  model = await perform(pending, structuredClone(model));
  write({ model });
}

async function makeMachine(): Promise<void> {
  const file = join(folder, 'disk.img');
  writeFileSync(file, Buffer.alloc(DISK_BYTES));
  await machines.create({ name: 'web', engine: 'fake', memoryMiB: 16, diskPath: file });
  write({ model: { present: new Array<number>(BLOCKS).fill(0), snapshots: {}, clones: {} } });
}

/** Merges that were cut off go on in the background. */
async function settled(): Promise<void> {
  const changes = events.subscribe(() => ({ kind: 'machineChanged', machine: web() }));
  for await (const _ of changes) if (isRest(web().state)) return;
}

/** Merges that had to wait for something go on in the background; what they are in the way of is done after them. */
async function whenFree<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const { code } = error as { code?: string };
      if (code !== 'INVALID_STATE' && code !== 'MEDIUM_IN_USE') throw error;
    }
    const changes = events.subscribe(() => ({ kind: 'machineChanged', machine: web() }));
    for await (const _ of changes) if (!isTransient(web().state)) break;
  }
}

function contentOf(owner: Parameters<typeof diskOf>[0]): Promise<Content> {
  return whenFree(() => readDisk({ media }, diskOf(owner)));
}

function choose(): Pending {
  const works = stopAt.startsWith('merge') ? MERGING : WORKS;
  const work = works[random(works.length)] ?? 'write';
  const list = work === 'remove' ? Object.keys(model.clones) : Object.keys(model.snapshots);
  const target = list[random(Math.max(1, list.length))];
  return { work, block: random(BLOCKS), byte: random(256), target, name: `clone ${random(1_000_000_000)}` };
}

async function perform(pending: Pending, after: Model): Promise<Model> {
  const { work, block, byte, target, name } = pending;
  const isIdle = (work === 'restore' || work.startsWith('delete') || work === 'remove') && target === undefined;
  const isClone = work === 'linked' || work === 'full';
  const isFull =
    (work.startsWith('take') && Object.keys(model.snapshots).length > 5) ||
    (isClone && Object.keys(model.clones).length > 2);
  if (isIdle || isFull) return after;
  if (work === 'write') {
    await discardState();
    await whenFree(() => writeDisk({ media }, diskOf(web()), block, byte));
  } else if (work === 'take') await take(name);
  else if (work === 'takeOnline') await takeOnline(name);
  else if (work === 'restore')
    await whenFree(() => snapshots.restore('web', target ?? '', { takesCurrentFirst: false }));
  else if (work === 'delete') await remove(target ?? '');
  else if (work === 'deleteOnline') await deleteOnline(target ?? '');
  else if (work === 'remove') await machines.remove(target ?? '', true);
  else {
    await discardState();
    await whenFree(() => snapshots.clone('web', { name, kind: work }));
  }
  return await agree({ model: after, pending });
}

function take(name: string): Promise<unknown> {
  return whenFree(() => snapshots.take('web', { name, description: '', withMemory: true }));
}

function remove(target: string): Promise<void> {
  return whenFree(() => snapshots.remove('web', target).catch(allowInUse));
}

function start(): Promise<unknown> {
  return whenFree(() => runner.start(web().id));
}

async function discardState(): Promise<void> {
  await whenFree(async () => web().state === 'Saved' && runner.discardState(web().id));
}

async function takeOnline(name: string): Promise<void> {
  await start();
  await take(name);
  await runner.powerOff(web().id);
}

async function deleteOnline(target: string): Promise<void> {
  await start();
  await remove(target);
  await runner.powerOff(web().id);
}

function allowInUse(error: { code?: string }): void {
  if (error.code !== 'MEDIUM_IN_USE') throw error;
}

async function check(): Promise<Model> {
  const last = readFileSync(journal, 'utf8').trim().split('\n').at(-1) ?? '{}';
  const found = await agree(JSON.parse(last) as Line);
  assert(isRest(web().state), `the machine is ${web().state}`);
  assertNoStrays();
  return found;
}

/** The model that is true now: that of before the operation, or after it. Ends the process when it is neither. */
async function agree({ model: before, pending }: Line): Promise<Model> {
  const after = structuredClone(before);
  const { work, block = 0, byte = 0, target = '', name = '' } = pending ?? {};
  const list = snapshots.list('web');
  const present = await contentOf(web());
  if (work === 'write' && present[block] === byte) after.present[block] = byte;
  if (work === 'restore' && !isDeepStrictEqual(present, before.present)) after.present = before.snapshots[target] ?? [];
  if (work?.startsWith('delete') && !list.some(({ id }) => id === target)) delete after.snapshots[target];
  for (const taken of list) {
    const isNew = taken.name === name || taken.name === `Linked base for '${name}'`;
    if (isNew) after.snapshots[taken.id] = before.present;
  }
  const clone = machines.list().find(({ config }) => config.name === name);
  if (clone) after.clones[name] = before.present;
  if (work === 'remove' && !machines.list().some(({ config }) => config.name === target)) delete after.clones[target];
  const isBased = list.some((taken) => taken.name === `Linked base for '${name}'`);
  assert(
    work !== 'linked' || isBased === (clone !== undefined),
    'a linked clone came without its base, or a base alone',
  );
  assert(isDeepStrictEqual(present, after.present), `${work}: the disk has ${present}, not ${after.present}`);
  assert(
    isDeepStrictEqual(list.map(({ id }) => id).sort(), Object.keys(after.snapshots).sort()),
    `${work}: other snapshots`,
  );
  for (const taken of list) {
    const content = await contentOf(taken);
    assert(isDeepStrictEqual(content, after.snapshots[taken.id]), `${work}: '${taken.name}' has ${content}`);
    const files = taken.hasMemory ? readdirSync(join(web().folder, 'snapshots')) : [`${taken.id}.state`];
    assert(files.includes(`${taken.id}.state`), `${work}: the memory of '${taken.name}' is missing`);
  }
  for (const [each, content] of Object.entries(after.clones)) {
    const found = await contentOf(machines.get(each));
    assert(isDeepStrictEqual(found, content), `${work}: '${each}' has ${found}`);
  }
  return after;
}

function assertNoStrays(): void {
  const known = new Set(media.known().map(({ location }) => location));
  for (const machine of machines.list()) {
    const at = join(machine.folder, 'snapshots');
    const images = existsSync(at) ? readdirSync(at).filter((file) => file.endsWith('.qcow2')) : [];
    for (const file of images) assert(known.has(join(at, file)), `'${file}' of '${machine.config.name}' is a stray`);
  }
  assert(readdirSync(app.paths.machines).length === machines.list().length, 'a folder without a machine is left');
}

function write(line: Line): void {
  appendFileSync(journal, `${JSON.stringify(line)}\n`);
}

function assert(isTrue: boolean, message: string): void {
  if (isTrue) return;
  say(`WRONG: ${message}`);
  process.exit(3);
}
