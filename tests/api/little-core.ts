import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import type { CoreServices } from '../../src/main/api/services.ts';
import { createEvents } from '../../src/main/events.ts';
import { InnError } from '../../src/shared/errors.ts';
import type { MachineState } from '../../src/shared/machine-state.ts';
import { Machine, MachineId } from '../../src/shared/model/machine.ts';
import type { UsageSample } from '../../src/shared/model/usage.ts';

/**
 * A core of a few lines, for tests of the ways into one: machines are rows in a map, actions set their state, and a
 * console answers each byte with the same byte.
 */
export class LittleCore implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'inn-api-'));
  readonly paths = { data: this.folder, runtime: this.folder };
  /** Not there until a test makes it. */
  readonly windowFolder = join(this.folder, 'window');
  readonly events = createEvents();
  readonly services: CoreServices;
  /** The streams that consoles were given, newest last. */
  readonly channels: Duplex[] = [];
  readonly usageListeners = new Set<(sample: UsageSample) => void>();
  readonly #machines = new Map<string, Machine>();

  constructor() {
    this.services = {
      machines: this.#machineCalls(),
      runner: this.#runnerCalls(),
      admission: { check: unused, startWith: unused },
      groups: { start: unused, stop: unused },
      guest: { info: unused, execute: unused },
      snapshots: {
        known: () => [],
        list: () => [],
        take: unused,
        restore: unused,
        remove: unused,
        describe: () => refuse(),
        cost: unused,
        thumbnail: unused,
        clone: unused,
      },
      media: { known: () => [], list: async () => [], register: unused, remove: unused },
      mediumManager: {
        ...{ details: unused, create: unused, resize: unused, copy: unused, compact: unused, check: unused },
        ...{ relocate: unused, move: unused, scan: unused, attach: unused, detach: unused },
        describe: () => refuse(),
      },
      pools: {
        ...{ list: () => [], get: () => refuse(), create: () => refuse(), configure: () => refuse() },
        ...{ move: () => refuse(), remove: () => refuse(), assign: unused, budget: () => refuse() },
        setReserve: () => refuse(),
      },
      networks: {
        ...{ list: () => [], details: unused, create: () => refuse(), configure: unused, remove: () => refuse() },
        ...{ addForward: unused, removeForward: unused, startCapture: unused, stopCapture: unused },
        ...{ addresses: unused, reach: unused, matrix: unused, uplinks: unused },
      },
      allocation: { grants: () => refuse(), preview: () => refuse() },
      tasks: { list: () => [], cancel: () => refuse() },
      host: { info: unused, doctor: async () => [], listFolder: unused },
      usage: {
        latest: async () => sampleAt(0),
        recent: () => [sampleAt(1), sampleAt(2)],
        subscribe: (listener) => {
          this.usageListeners.add(listener);
          return () => this.usageListeners.delete(listener);
        },
        ...{ history: () => refuse(), report: () => refuse(), exportReport: () => refuse(), advise: unused },
        ...{ prices: () => refuse(), setPrices: () => refuse(), budgets: () => [] },
        ...{ setBudget: () => refuse(), removeBudget: () => refuse() },
      },
      events: this.events,
    };
  }

  /** Changes a machine's state as an engine would, and tells everybody. */
  setState(ref: string, state: MachineState): Machine {
    const machine = { ...this.services.machines.get(ref), state };
    this.#machines.set(machine.id, machine);
    this.events.publish({ kind: 'machineChanged', machine });
    return machine;
  }

  [Symbol.dispose](): void {
    this.events.close();
    for (const channel of this.channels) channel.destroy();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #machineCalls(): CoreServices['machines'] {
    const list = () => [...this.#machines.values()];
    const get = (ref: string) => {
      const found = list().find(({ id, config }) => id === ref || config.name === ref);
      if (found) return found;
      throw new InnError('MACHINE_NOT_FOUND', `There is no machine '${ref}'.`, {
        hint: "See 'inn list'.",
        details: { machine: ref, near: ['web'] },
      });
    };
    return {
      list,
      get,
      create: async ({ name, memoryMiB }) => {
        const machine = makeMachine(name, memoryMiB ?? 64, this.folder);
        this.#machines.set(machine.id, machine);
        this.events.publish({ kind: 'machineChanged', machine });
        return machine;
      },
      configure: unused,
      remove: async (ref) => {
        const { id } = get(ref);
        this.#machines.delete(id);
        this.events.publish({ kind: 'machineRemoved', id });
        return { id, deletedFiles: [] };
      },
      check: () => ({ issues: [], engine: null, engineReason: 'none here' }),
    };
  }

  #runnerCalls(): CoreServices['runner'] {
    const become = (state: MachineState) => async (id: string) => this.setState(id, state);
    return {
      start: become('Running'),
      pause: become('Paused'),
      resume: become('Running'),
      reset: async () => {
        throw new TypeError('Cannot read the wheel of undefined\nsecret second line');
      },
      powerButton: become('Stopping'),
      powerOff: become('PoweredOff'),
      saveState: become('Saved'),
      discardState: become('PoweredOff'),
      keepWarmStart: unused,
      type: async () => {},
      sendKeys: async () => {},
      screenshot: async () => ({ width: 2, height: 1, png: new Uint8Array([1, 2, 3]) }),
      changeMedium: unused,
      openChannel: async () => {
        const channel = new EchoChannel();
        this.channels.push(channel);
        return channel;
      },
    };
  }
}

/** Answers with what it is sent. */
class EchoChannel extends Duplex {
  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.push(chunk);
    done();
  }
}

function refuse(): never {
  throw new InnError('NOT_SUPPORTED', 'The little core has no such call.');
}

const unused = async (): Promise<never> => refuse();

function makeMachine(name: string, memoryMiB: number, folder: string): Machine {
  const id = MachineId.parse(randomUUID());
  return Machine.parse({
    id,
    config: {
      name,
      osType: 'linux',
      description: '',
      group: '/',
      engine: 'auto',
      processors: { count: 1, capPercent: 100 },
      memoryMiB,
      bootOrder: ['disk'],
      kernelBoot: null,
      display: { videoMemoryMiB: 8 },
      storage: [],
      adapters: [],
      keepsWarmStart: false,
    },
    revision: 1,
    state: 'PoweredOff',
    reason: 'created',
    reasonDetail: null,
    stateSince: new Date(0).toISOString(),
    engine: null,
    engineReason: 'none here',
    pid: null,
    hasWarmStart: false,
    currentSnapshotId: null,
    isDisposable: false,
    isDamaged: false,
    folder: join(folder, id),
    position: 0,
    createdAt: new Date(0).toISOString(),
  });
}

/** A sample that can be told apart by its time: so many seconds after 1970. */
export function sampleAt(seconds: number): UsageSample {
  return {
    at: new Date(seconds * 1000).toISOString(),
    host: {
      processorUse: 0,
      processorsTotal: 1,
      memoryTotalBytes: 0,
      memoryAvailableBytes: 0,
      storageTotalBytes: 0,
      storageFreeBytes: 0,
      storageByMachinesBytes: 0,
      networkInBytesPerSecond: 0,
      networkOutBytesPerSecond: 0,
    },
    machines: [],
  };
}
