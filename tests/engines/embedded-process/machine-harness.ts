import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ProcessSpec, RUNTIME_FILES } from '../../../src/main/engines/embedded/process-spec.ts';
import { QmpClient } from '../../../src/main/engines/qmp/client.ts';
import type { QmpEvent } from '../../../src/main/engines/qmp/protocol.ts';
import { GO } from '../../../src/main/processes/spawner-words.ts';
import { GUEST_READY, SerialConsole } from '../../support/serial-console.ts';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const program = path.join(repository, 'src/main/engines/embedded/machine-process/main.ts');
const resource = (name: string): string => path.join(repository, 'resources', name);

const CONNECT_TIMEOUT_MS = 20_000;

export const DEMO_KERNEL = {
  kernelPath: resource('demo-guest/bzImage'),
  initrdPath: resource('demo-guest/initrd.gz'),
  commandLine: 'console=tty0 console=ttyS0 quiet tsc=reliable mitigations=off nomodeset',
};

/** A machine with nothing but what is said; the demo guest's kernel unless a boot order is. */
export function machineSpec(changes: Partial<ProcessSpec> = {}): ProcessSpec {
  return {
    format: 1,
    machineId: '3f1c2f64-52a7-4c27-9d3b-6f8d3f5a0001',
    name: 'test',
    memoryMiB: 128,
    videoMemoryMiB: 8,
    biosPath: resource('firmware/seabios.bin'),
    vgaBiosPath: resource('firmware/vgabios-stdvga.bin'),
    bootOrder: ['disk', 'optical'],
    kernel: DEMO_KERNEL,
    drives: [],
    adapters: [],
    capPercent: 100,
    restoreFrom: null,
    isWarmStart: false,
    ...changes,
  };
}

export function demoIso(): string {
  return resource('demo-guest/demo.iso');
}

type Drive = ProcessSpec['drives'][number];

/** A drive on the IDE controller, at place 0 (first master) to 3. */
export function ideDrive(place: number, kind: 'disk' | 'optical', file: string | null, isReadOnly = false): Drive {
  const id = `3f1c2f64-52a7-4c27-9d3b-6f8d3f5a1${String(place).padStart(3, '0')}`;
  const medium = file === null ? null : { id, path: file, format: 'raw', sizeBytes: 0, isReadOnly, backing: [] };
  return {
    controller: 'ide',
    controllerName: 'IDE',
    port: place >> 1,
    device: place & 1,
    kind,
    medium: medium as Drive['medium'],
  };
}

/** One machine process under test. Disposing kills it and removes its folder. */
export class TestMachine implements AsyncDisposable {
  readonly folder: string;
  readonly process: ChildProcess;
  /** What the process said when it was ready, or why it is not. */
  readonly report: Promise<string>;
  readonly ended: Promise<number | null>;
  readonly events: QmpEvent[] = [];
  log = '';
  #qmp: QmpClient | undefined;
  #serial: SerialConsole | undefined;

  private constructor(folder: string, environment: NodeJS.ProcessEnv) {
    this.folder = folder;
    this.process = spawn(process.execPath, [program, folder], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    });
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.log += text;
    });
    this.ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.report = new Promise((resolve) => {
      this.#spawner.setEncoding('utf8').once('data', (text: string) => resolve(text.trim()));
      this.#spawner.once('end', () => resolve(''));
    });
  }

  get #spawner(): Socket {
    return this.process.stdio[3] as Socket;
  }

  /** Closes the connection to the program that started it, as the system does when that program dies. */
  hangUp(): void {
    this.#spawner.destroy();
  }

  /** Starts the process, which is not told yet that it is written down. */
  static async spawn(spec: ProcessSpec, environment: NodeJS.ProcessEnv = {}): Promise<TestMachine> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'inn-mp-'));
    await writeFile(path.join(folder, RUNTIME_FILES.spec), JSON.stringify(spec));
    return new TestMachine(folder, environment);
  }

  /** Starts the process; the guest's processor stands still. */
  static async start(spec: ProcessSpec, environment: NodeJS.ProcessEnv = {}): Promise<TestMachine> {
    const machine = await TestMachine.spawn(spec, environment);
    machine.#spawner.write(GO);
    const report = await machine.report;
    if (report !== 'ready') return machine;
    machine.#qmp = await QmpClient.connect(machine.path(RUNTIME_FILES.qmp), { timeoutMs: CONNECT_TIMEOUT_MS });
    machine.#qmp.onEvent((event) => machine.events.push(event));
    machine.#serial = new SerialConsole(await openSocket(machine.path(RUNTIME_FILES.serial)));
    return machine;
  }

  /** Starts the process and the guest, and waits for its shell. */
  static async boot(spec: ProcessSpec): Promise<TestMachine> {
    const machine = await TestMachine.start(spec);
    await machine.qmp.execute('cont');
    await machine.serial.expect(GUEST_READY);
    return machine;
  }

  get qmp(): QmpClient {
    if (!this.#qmp) throw new Error(`The machine is not ready: ${this.log}`);
    return this.#qmp;
  }

  get serial(): SerialConsole {
    if (!this.#serial) throw new Error(`The machine is not ready: ${this.log}`);
    return this.#serial;
  }

  path(name: string): string {
    return path.join(this.folder, name);
  }

  async status(): Promise<string> {
    const { status } = (await this.qmp.execute('query-status')) as { status: string };
    return status;
  }

  /** Resolves with an event's data; events that came before count. */
  async event(name: string): Promise<Record<string, unknown>> {
    const past = this.events.find(({ event }) => event === name);
    if (past) return past.data ?? {};
    return new Promise((resolve) => {
      const forget = this.qmp.onEvent(({ event, data }) => {
        if (event !== name) return;
        forget();
        resolve(data ?? {});
      });
    });
  }

  async exitRecord(): Promise<unknown> {
    return JSON.parse(await readFile(this.path(RUNTIME_FILES.exit), 'utf8'));
  }

  /** Processor seconds that the process has taken. */
  async processorSeconds(): Promise<number> {
    const sample = (await this.qmp.execute('__org.innkeeper_sample')) as { processorSeconds: number };
    return sample.processorSeconds;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#qmp?.close();
    await this.#serial?.[Symbol.asyncDispose]();
    if (this.process.exitCode === null) this.process.kill('SIGKILL');
    await this.ended;
    await rm(this.folder, { recursive: true, force: true });
  }
}

export async function openSocket(socketPath: string): Promise<Socket> {
  const socket = connect(socketPath);
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return socket;
}
