import type { Duplex } from 'node:stream';
import type { ConsoleChannel, CreateMachineInput, WorldEvent } from '../../shared/contract.ts';
import type { EngineId, EngineInfo } from '../../shared/model/engine.ts';
import type { FolderListing, HostInfo } from '../../shared/model/host.ts';
import type { Issue, Machine, MachineConfig, MachineId } from '../../shared/model/machine.ts';
import type { Medium, MediumId, MediumKind } from '../../shared/model/medium.ts';
import type { Task, TaskId } from '../../shared/model/task.ts';
import type { UsageSample } from '../../shared/model/usage.ts';

type Eventually<T> = T | Promise<T>;

/** Stops a subscription. */
export type Unsubscribe = () => void;

/** Where a drive sits on a machine, and what goes into it; null ejects. */
export interface MediumChange {
  controller: string;
  port: number;
  device: number;
  mediumId: MediumId | null;
}

/**
 * What the handlers of the contract need from the core, and nothing more. The core's own services are wider; the
 * compiler checks at the composition root that they fit.
 */
export interface CoreServices {
  readonly machines: {
    list(): Eventually<Machine[]>;
    /** Takes a name or an id. @throws InnError `MACHINE_NOT_FOUND` */
    get(machine: string): Eventually<Machine>;
    create(input: CreateMachineInput): Eventually<Machine>;
    configure(id: MachineId, revision: number, config: MachineConfig): Eventually<Machine>;
    remove(id: MachineId, options: { deletesFiles: boolean }): Eventually<{ id: MachineId; deletedFiles: string[] }>;
    check(
      config: MachineConfig,
      id?: MachineId,
    ): Eventually<{ issues: Issue[]; engine: EngineId | null; engineReason: string }>;
    /** Last lines of the machine's newest log. */
    log(id: MachineId, lines: number): Eventually<{ file: string; text: string }>;
  };
  readonly runner: {
    start(id: MachineId): Promise<unknown>;
    pause(id: MachineId): Promise<unknown>;
    resume(id: MachineId): Promise<unknown>;
    reset(id: MachineId): Promise<unknown>;
    powerButton(id: MachineId): Promise<unknown>;
    powerOff(id: MachineId): Promise<unknown>;
    saveState(id: MachineId): Promise<unknown>;
    discardState(id: MachineId): Promise<unknown>;
    keepWarmStart(id: MachineId): Promise<unknown>;
    type(id: MachineId, text: string): Promise<unknown>;
    sendKeys(id: MachineId, keys: string[]): Promise<unknown>;
    screenshot(id: MachineId): Promise<{ width: number; height: number; png: Uint8Array }>;
    changeMedium(id: MachineId, change: MediumChange): Promise<unknown>;
    openChannel(id: MachineId, channel: ConsoleChannel): Promise<Duplex>;
  };
  readonly media: {
    list(): Eventually<Medium[]>;
    register(path: string, kind: MediumKind): Eventually<Medium>;
    createDisk(path: string, sizeBytes: number): Eventually<Medium>;
    remove(id: MediumId, options: { deletesFile: boolean }): Eventually<void>;
  };
  readonly tasks: {
    list(): Eventually<Task[]>;
    cancel(id: TaskId): Eventually<Task>;
  };
  readonly host: {
    info(): Eventually<HostInfo>;
    doctor(): Eventually<EngineInfo[]>;
    listFolder(path?: string): Eventually<FolderListing>;
  };
  readonly usage: {
    latest(): Eventually<UsageSample>;
    /** The samples of the last minutes, oldest first. */
    recent(): UsageSample[];
    subscribe(listener: (sample: UsageSample) => void): Unsubscribe;
  };
  readonly events: {
    /** Calls the listener at every change, in the order in which changes were saved. */
    subscribe(listener: (event: WorldEvent) => void): Unsubscribe;
  };
}

/** Where the core writes down what a person does not see. The message says what; `details` are for machines. */
export interface ApiLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}
