import type { Duplex } from 'node:stream';
import type { ConsoleChannel } from '../../shared/console-contract.ts';
import type { WorldEvent } from '../../shared/event-contract.ts';
import type { GuestExecOutput, GuestInfo } from '../../shared/guest-contract.ts';
import type { CreateMachineInput } from '../../shared/machine-contract.ts';
import type { EngineId, EngineInfo } from '../../shared/model/engine.ts';
import type { FolderListing, HostInfo } from '../../shared/model/host.ts';
import type { Issue, Machine, MachineConfig, MachineId } from '../../shared/model/machine.ts';
import type { Medium, MediumId, MediumKind } from '../../shared/model/medium.ts';
import type { CloneKind, Snapshot, SnapshotCost } from '../../shared/model/snapshot.ts';
import type { Task, TaskId } from '../../shared/model/task.ts';
import type { AdmissionService } from '../admission/admission-service.ts';
import type { GroupService } from '../groups/group-service.ts';
import type { GuestCommandInput } from '../machines/guest-service.ts';
import type { MediumManager } from '../media/medium-manager.ts';
import type { NetworkService } from '../networks/network-service.ts';
import type { AllocationView } from '../pools/allocation-view.ts';
import type { PoolService } from '../pools/pool-service.ts';
import type { UsageService } from '../usage/usage-service.ts';

/** Where a drive sits on a machine: controller's name, port, device. */
interface DriveSlot {
  controller: string;
  port: number;
  device: number;
}

interface TakeSnapshot {
  /** By default one that is not used yet. */
  name?: string | undefined;
  description: string;
  withMemory: boolean;
}

interface CloneMachine {
  name: string;
  kind: CloneKind;
  /** The snapshot to clone; by default the machine's present state. */
  snapshot?: string | undefined;
}

/**
 * What the handlers of the contract need from the core, and nothing more; `machine` is a name or an id. The core's own
 * services are wider; the compiler checks where a router is made that they fit.
 */
export interface CoreServices {
  readonly machines: {
    list(): Machine[];
    /** @throws InnError `MACHINE_NOT_FOUND` */
    get(machine: string): Machine;
    create(input: CreateMachineInput): Promise<Machine>;
    configure(machine: string, revision: number, config: MachineConfig): Promise<Machine>;
    remove(machine: string, deletesFiles: boolean): Promise<{ id: MachineId; deletedFiles: string[] }>;
    check(config: MachineConfig, machine?: string): { issues: Issue[]; engine: EngineId | null; engineReason: string };
  };
  readonly runner: {
    start(id: MachineId, options: { isDisposable: boolean }): Promise<unknown>;
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
    changeMedium(id: MachineId, slot: DriveSlot, mediumId: MediumId | null): Promise<unknown>;
    openChannel(id: MachineId, channel: ConsoleChannel): Promise<Duplex>;
  };
  readonly admission: Pick<AdmissionService, 'check' | 'startWith'>;
  readonly groups: GroupService;
  readonly guest: {
    info(machine: string): Promise<GuestInfo>;
    execute(machine: string, command: GuestCommandInput): Promise<GuestExecOutput>;
  };
  /** `snapshot` is a name or an id. */
  readonly snapshots: {
    /** The snapshots of all machines. */
    known(): Snapshot[];
    list(machine: string): Snapshot[];
    take(machine: string, options: TakeSnapshot): Promise<Snapshot>;
    restore(machine: string, snapshot: string, options: { takesCurrentFirst: boolean }): Promise<Machine>;
    remove(machine: string, snapshot: string): Promise<void>;
    describe(
      machine: string,
      snapshot: string,
      change: { name?: string | undefined; description?: string | undefined },
    ): Snapshot;
    cost(machine: string, snapshot: string): Promise<SnapshotCost>;
    thumbnail(machine: string, snapshot: string): Promise<{ pngBase64: string | null }>;
    clone(machine: string, options: CloneMachine): Promise<Machine>;
  };
  readonly media: {
    /** All media, as their files were when last looked at. */
    known(): Medium[];
    list(): Promise<Medium[]>;
    register(path: string, kind: MediumKind): Promise<Medium>;
    remove(id: MediumId, deletesFile: boolean): Promise<void>;
  };
  readonly mediumManager: MediumManager;
  readonly pools: Omit<PoolService, 'claimIssues'>;
  readonly networks: Omit<NetworkService, 'get'>;
  readonly allocation: AllocationView;
  readonly tasks: {
    list(): Task[];
    cancel(id: TaskId): Task;
  };
  readonly host: {
    info(): Promise<HostInfo>;
    doctor(): Promise<EngineInfo[]>;
    listFolder(path?: string): Promise<FolderListing>;
  };
  readonly usage: Pick<
    UsageService,
    | ('latest' | 'recent' | 'subscribe' | 'history' | 'report' | 'exportReport' | 'advise')
    | ('prices' | 'setPrices' | 'budgets' | 'setBudget' | 'removeBudget')
  >;
  readonly events: {
    /** Opens a stream with `snapshot()`, then every change since, in order. Ending the iteration unsubscribes. */
    subscribe(snapshot: () => WorldEvent): AsyncIterableIterator<WorldEvent>;
  };
}

/** Where the core writes down what a person does not see. The message says what; `details` are for machines. */
export interface ApiLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}
