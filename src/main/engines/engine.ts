import type { Duplex } from 'node:stream';
import type { EngineId, EngineInfo } from '../../shared/model/engine.ts';
import type { Issue, MachineConfig, MachineId } from '../../shared/model/machine.ts';
import type { DiskMerge, MergeRequest } from './disk-merge.ts';
import type { GuestAgent } from './guest-agent.ts';
import type { Hotplug } from './hotplug.ts';
import type { ResolvedDrive, StartSpec } from './start-spec.ts';

/** A program that can run machines. An engine never touches the database or another service. */
export interface Engine {
  readonly id: EngineId;
  /** Versions, accelerators, capabilities. Never throws: says what is missing and how to get it. */
  probe(): Promise<EngineInfo>;
  /** Why this configuration cannot run here, field by field. No `error` among them: it can. */
  check(config: MachineConfig): Issue[];
  /**
   * Resolves once the guest's processor runs (or stands paused, when `spec.startsPaused`).
   * @throws InnError `ENGINE_FAILED`, `ENGINE_TIMEOUT`, `FILE_NOT_FOUND`, `CANCELLED`; nothing is left running then.
   */
  start(spec: StartSpec, options: { signal: AbortSignal }): Promise<Session>;
  /** Takes back a machine process that survived the program; undefined when it is gone. */
  attach(runtime: RuntimeRecord): Promise<Session | undefined>;
}

/** What is written down of a running session, so that a later program can take it back. */
export interface RuntimeRecord {
  engine: EngineId;
  machineId: MachineId;
  pid: number;
  /** Start time of the process as the system tells it: with the pid it names one process for good. */
  pidStartTime: string;
  runtimeFolder: string;
  startedAt: string;
}

export type Exit =
  | { kind: 'guestShutdown' }
  | { kind: 'powerOff' }
  | { kind: 'crashed'; reason: 'engineCrashed' | 'engineKilled'; detail: string };

export type SessionStatus =
  | { state: 'Running' }
  | { state: 'Paused'; reason: 'user' | 'ioError'; detail: string | null }
  | { state: 'Stuck'; reason: 'guestPanic' | 'engineCrashed' | 'engineHangs'; detail: string };

/** Cumulative counters of one session; the sampler makes rates of them. */
export interface GuestUsage {
  /** Processor time of the machine's process since its start, in seconds. */
  processorSeconds: number;
  /** Memory that the guest was given, in bytes. */
  guestMemoryBytes: number;
  /** Resident memory of the machine's process, in bytes. */
  residentBytes: number;
  diskReadBytes: number;
  diskWriteBytes: number;
  networkInBytes: number;
  networkOutBytes: number;
  /** Memory that the balloon leaves to the guest now, in bytes; null: the machine has no balloon. */
  balloonBytes: number | null;
  /** Memory that the guest itself calls available, in bytes; null: it does not tell. */
  guestFreeBytes: number | null;
}

export interface Screenshot {
  width: number;
  height: number;
  png: Uint8Array;
}

export interface SnapshotRequest {
  /** Where memory and devices are written (aside and renamed); null when only the disks count. */
  stateFile: string | null;
  /** The drives whose disks go on in new overlays: each with its overlay, which exists and is empty, as the medium. */
  drives: ResolvedDrive[];
  /** Called while the guest stands still and everything is on the old disks; when it throws, nothing has happened. */
  onStill: () => void;
  /** Called when the overlays are in use. From then on a failure concerns the state alone. */
  onSwitched: (pausedMs: number) => void;
  /** Aborted, it rejects as soon as it can. */
  signal: AbortSignal;
}

/**
 * One run of one machine: used once, never restarted. Disposing lets go of the session and leaves the machine running.
 * Calls reject with `ENGINE_FAILED` when the process is gone, `ENGINE_TIMEOUT` when it does not answer.
 */
export interface Session extends AsyncDisposable {
  readonly runtime: RuntimeRecord;
  /** The line to an agent in the guest, whether one answers or not; null when the machine has no such line. */
  readonly guestAgent: GuestAgent | null;
  /** Hardware that comes and goes while the machine runs; null when the engine cannot. */
  readonly hotplug: Hotplug | null;
  /** Settles once, when the process has ended; never rejects. */
  readonly exit: Promise<Exit>;
  status(): Promise<SessionStatus>;
  /** Called at each change of status that nobody here asked for, such as an I/O error; returns how to stop listening. */
  onStatus(listener: (status: SessionStatus) => void): () => void;
  pause(): Promise<void>;
  resume(): Promise<void>;
  reset(): Promise<void>;
  /** Asks the guest to shut down: by its agent where one answers, else as the button on the case does. */
  powerButton(): Promise<void>;
  /** Ends the process, with its disks flushed. Resolves when it has ended. */
  powerOff(): Promise<void>;
  /** Writes the state to `file` (aside and renamed); the machine stands paused afterwards. Aborted, it runs on. */
  saveState(file: string, options: { signal: AbortSignal }): Promise<void>;
  /** As `saveState`, but the machine goes on as it was. */
  keepState(file: string): Promise<void>;
  /**
   * Lets the disks go on in overlays, and keeps the state of that very moment. A guest that ran stands still as briefly as
   * the engine can, and runs on; resolves when the state is written. When the disks cannot be switched after `onStill`,
   * it rejects with the guest standing still on its old disks.
   */
  takeSnapshot(request: SnapshotRequest): Promise<void>;
  /**
   * Merges two images of a disk while the guest goes on. @throws InnError `CANCELLED`, `DISK_FULL`, `ENGINE_FAILED`; the
   * disk is as it was then, but when `onMerged` has thrown: its guest must not run on
   */
  mergeDisk(request: MergeRequest): Promise<void>;
  /** After a merge that a program before this one began: gives up what is under way. True when the images are merged. */
  settleMerge(merge: DiskMerge): Promise<boolean>;
  /** The settings name what is merged, as after `onMerged`: the engine lets go of the image that went, if it has not yet. */
  finishMerge(): Promise<void>;
  /** Execution cap, 1 to 100 percent of one host processor per virtual processor. */
  setCpuLimit(percent: number): Promise<void>;
  /**
   * Asks the guest to do with this much memory: the balloon takes the rest, and gives it back when the target grows. The guest
   * heeds it in its own time, if it has a driver; `sample` tells how far it has come.
   * @param memoryMiB from 1 up; more than the machine has means all of it
   * @throws InnError `NOT_SUPPORTED` when the machine has no balloon
   */
  setMemoryTarget(memoryMiB: number): Promise<void>;
  changeMedium(drive: ResolvedDrive): Promise<void>;
  /** Plugs the cable of an adapter in, or pulls it. @throws InnError `NOT_SUPPORTED` when there is no such adapter */
  setLink(adapterIndex: number, isConnected: boolean): Promise<void>;
  /** Presses keys together; QEMU's key names (QKeyCode). */
  sendKeys(keys: string[]): Promise<void>;
  typeText(text: string): Promise<void>;
  screenshot(): Promise<Screenshot>;
  openChannel(channel: 'screen' | 'serial'): Promise<Duplex>;
  sample(): Promise<GuestUsage>;
  /** Processor time and resident memory as the host itself counts them, at hardly any cost; undefined where it does not. */
  readHostCounters?(): Pick<GuestUsage, 'processorSeconds' | 'residentBytes'> | undefined;
  /** The last counters that are known; once the session has ended the final ones, as far as its process left them. */
  finalUsage?(): Promise<GuestUsage | undefined>;
}
