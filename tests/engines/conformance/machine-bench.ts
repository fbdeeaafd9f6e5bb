import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { Engine, RuntimeRecord, Session } from '../../../src/main/engines/engine.ts';
import type { StartSpec } from '../../../src/main/engines/start-spec.ts';
import type { EngineId } from '../../../src/shared/model/engine.ts';
import { MachineConfig, MachineId } from '../../../src/shared/model/machine.ts';
import { SerialConsole } from '../../support/serial-console.ts';

export const DEMO_GUEST = path.resolve(import.meta.dirname, '../../../resources/demo-guest');
export const MEMORY_MIB = 128;

export interface EngineUnderTest {
  id: EngineId;
  /** A new engine, as another run of the program would make it. */
  makeEngine(): Engine;
  /** Ends the machine's process as `kill -9` does. */
  kill(runtime: RuntimeRecord): Promise<void>;
  /** Whether a process still belongs to the runtime folder. */
  hasProcess(runtimeFolder: string): Promise<boolean>;
}

/** A machine that runs, with what reads its serial port and the bench that cares for it. */
export interface StartedMachine {
  session: Session;
  serial: SerialConsole;
  bench: MachineBench;
}

/** Makes machines of the demo guest in folders of their own, and takes all of it away again. */
export class MachineBench implements AsyncDisposable {
  readonly folder: string;
  readonly #subject: EngineUnderTest;
  readonly #sessions: Session[] = [];
  #machines = 0;

  private constructor(folder: string, subject: EngineUnderTest) {
    this.folder = folder;
    this.#subject = subject;
  }

  static async make(subject: EngineUnderTest): Promise<MachineBench> {
    return new MachineBench(await mkdtemp(path.join(tmpdir(), 'inn-')), subject);
  }

  /** A bench that is cleared away when the test is done. */
  static async forTest(subject: EngineUnderTest): Promise<MachineBench> {
    const bench = await MachineBench.make(subject);
    onTestFinished(() => bench[Symbol.asyncDispose]());
    return bench;
  }

  async spec(overrides: Partial<StartSpec> = {}): Promise<StartSpec> {
    this.#machines += 1;
    const folder = path.join(this.folder, String(this.#machines));
    const commandLine = (await readFile(path.join(DEMO_GUEST, 'cmdline'), 'utf8')).trim();
    return {
      machineId: MachineId.parse(crypto.randomUUID()),
      config: demoConfig(this.#subject.id, machineName(folder)),
      drives: [],
      kernel: {
        kernelPath: path.join(DEMO_GUEST, 'bzImage'),
        initrdPath: path.join(DEMO_GUEST, 'initrd.gz'),
        commandLine,
      },
      adapters: [],
      folders: { machine: folder, runtime: path.join(folder, 'run'), logs: path.join(folder, 'logs') },
      restoreFrom: null,
      isWarmStart: false,
      boardFolder: null,
      startsPaused: false,
      ...overrides,
    };
  }

  async start(overrides: Partial<StartSpec> = {}, engine: Engine = this.#subject.makeEngine()): Promise<Session> {
    const session = await engine.start(await this.spec(overrides), { signal: new AbortController().signal });
    return this.keep(session);
  }

  /** Takes the session under care: what still runs in the end is powered off. */
  keep(session: Session): Session {
    this.#sessions.push(session);
    return session;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { runtime } of this.#sessions) await this.#subject.kill(runtime);
    await Promise.all(this.#sessions.map((session) => session[Symbol.asyncDispose]()));
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Names each machine after its folder, so that its process can be told from all others. */
export function machineName(folder: string): string {
  return `${path.basename(path.dirname(folder))} ${path.basename(folder)}`;
}

function demoConfig(engine: EngineId, name: string): MachineConfig {
  return MachineConfig.parse({
    name,
    osType: 'demo',
    description: '',
    group: '/',
    engine,
    processors: { count: 1, capPercent: 100 },
    memoryMiB: MEMORY_MIB,
    bootOrder: ['disk'],
    kernelBoot: { source: 'demo' },
    display: { videoMemoryMiB: 8 },
    storage: [],
    adapters: [],
    keepsWarmStart: false,
  });
}

export async function openSerial(session: Session): Promise<SerialConsole> {
  return new SerialConsole(await session.openChannel('serial'));
}

/** The guest's counter, which grows only while the guest runs. */
export async function readCounter(serial: SerialConsole): Promise<number> {
  const output = await serial.run('counter show');
  if (!/^\d+$/.test(output)) throw new Error(`The counter shows '${output}'.`);
  return Number(output);
}

/** Waits until the counter is beyond the value. */
export async function counterBeyond(serial: SerialConsole, value: number): Promise<number> {
  for (;;) {
    const now = await readCounter(serial);
    if (now > value) return now;
  }
}

export async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
