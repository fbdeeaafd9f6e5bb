import type { Duplex } from 'node:stream';
import type { DiskMerge, MergeRequest } from './disk-merge.ts';
import type { GuestUsage, Screenshot, SnapshotRequest } from './engine.ts';
import type { GuestAgent } from './guest-agent.ts';
import type { Hotplug } from './hotplug.ts';
import type { QmpCaller } from './qmp/link.ts';
import type { QmpEvent } from './qmp/protocol.ts';
import type { ResolvedDrive } from './start-spec.ts';

export interface SwitchRequest extends Pick<SnapshotRequest, 'stateFile' | 'drives' | 'signal'> {
  runsOn: boolean;
  onSwitched: () => void;
}

/** A snapshot of a guest that runs, with its memory. */
export interface FlightRequest extends Omit<SnapshotRequest, 'stateFile'> {
  stateFile: string;
}

export interface QmpMergeRequest extends MergeRequest {
  /** Does work while the guest stands still, and lets it go on as before unless that failed. */
  still: (work: () => Promise<void>) => Promise<void>;
}

/** Where an engine differs from the others that speak QMP: names of files, and commands that QEMU has not, or only has. */
export interface QmpDialect {
  /** Names of sockets in the runtime folder. */
  sockets: { monitors: readonly string[]; screen: string; serial: string };
  /** Writes the state aside and renames it; the guest stands paused then. Aborted, it rejects as soon as it can. */
  saveState(engine: QmpCaller, file: string, options: { signal: AbortSignal }): Promise<void>;
  /** As `saveState`, but the guest goes on. */
  keepState(engine: QmpCaller, file: string): Promise<void>;
  /**
   * With a guest that stands still: lets the disks go on in overlays, lets the guest go on when `runsOn`, and writes the
   * state of that moment. `onSwitched` is called when the guest has been let go.
   */
  takeSnapshot(engine: QmpCaller, request: SwitchRequest): Promise<void>;
  /**
   * As `takeSnapshot`, of a guest that runs and goes on running but for a moment: `onStill` is called in it. False when it
   * cannot be done so; nothing has happened then.
   */
  takeSnapshotInFlight?(engine: QmpCaller, request: FlightRequest): Promise<boolean>;
  /** Instead of `cont`. */
  letGoOn?(engine: QmpCaller): Promise<void>;
  mergeDisk(engine: QmpCaller, request: QmpMergeRequest): Promise<void>;
  settleMerge(engine: QmpCaller, merge: DiskMerge): Promise<boolean>;
  finishMerge(engine: QmpCaller): Promise<void>;
  /** @param percent 1 to 100, of one host processor per virtual processor */
  setCpuLimit(engine: QmpCaller, percent: number): Promise<void>;
  /** @throws InnError `NOT_SUPPORTED` when the machine has no balloon */
  setMemoryTarget(engine: QmpCaller, memoryMiB: number): Promise<void>;
  changeMedium(engine: QmpCaller, drive: ResolvedDrive): Promise<void>;
  typeText(engine: QmpCaller, text: string): Promise<void>;
  screenshot(engine: QmpCaller): Promise<Screenshot>;
  sample(engine: QmpCaller): Promise<GuestUsage>;
  /** Hardware that comes and goes while the machine runs, where the engine can. */
  hotplug?(engine: QmpCaller): Hotplug;
  /** Every event of the engine, as it comes. */
  onEvent?(event: QmpEvent): void;
  /** The line to an agent in the guest, where the machine has one. */
  guestAgent?(engine: QmpCaller): GuestAgent;
  /** Instead of connecting to the serial socket. */
  openSerial?(): Promise<Duplex>;
  /** The machine is about to be powered off: nothing may hold its process back any more. */
  letGo?(): void;
  /** The session is over, or was let go of. */
  close?(): void;
}
