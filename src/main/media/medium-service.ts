import type { MachineConfig, MachineId } from '../../shared/model/machine.ts';
import type { Medium, MediumFormat, MediumId, MediumKind } from '../../shared/model/medium.ts';
import type { MediumPatch } from '../db/medium-table.ts';
import type { ResolvedMedium } from '../engines/start-spec.ts';
import type { ChangeEvent } from '../events.ts';
import type { AttachmentProblem } from './attachment-problems.ts';
import type { MediumLocks } from './medium-locks.ts';
import type { MediumRecord } from './medium-record.ts';

export interface NewImage {
  location: string;
  format: MediumFormat;
  virtualSizeBytes: number;
  /** By default the name of the file. */
  name?: string;
  /** Made by the program inside a machine's folder; by default not. */
  isOwned?: boolean;
  /** By default it stands alone. */
  parentId?: MediumId;
}

export type Publish = (event: ChangeEvent) => void;

/** Media: the files on the host that machines use as disks, discs and floppies. */
export interface MediumService {
  /** The media that the program itself works on; whoever opens or deletes an image looks here first. */
  readonly locks: MediumLocks;
  /** As it was when last looked at. @throws InnError `MEDIUM_NOT_FOUND` */
  view(id: MediumId): Medium;
  /** All media, as their files were when last looked at; for the snapshot of the event stream. `list` looks first. */
  known(): Medium[];
  /** All media after a new look at their files; what changed is told as `mediumChanged`. */
  list(): Promise<Medium[]>;
  /** Looks anew at the files of these media. */
  refresh(ids: readonly MediumId[]): Promise<void>;
  /**
   * Makes the file known; one that is known already is returned. Its format is read now and never again, since a guest
   * could write another format's header onto its disk.
   * @throws InnError `INVALID_INPUT`, `FILE_NOT_FOUND`, `FILE_NOT_ACCESSIBLE`, `IMAGE_INVALID`
   */
  register(path: string, kind: MediumKind): Promise<Medium>;
  /** @throws InnError `MEDIUM_NOT_FOUND`, `MEDIUM_IN_USE`, and with `deletesFile` `FILE_NOT_ACCESSIBLE` */
  remove(id: MediumId, deletesFile: boolean): Promise<void>;
  /** What an engine needs to open it. @throws InnError `MEDIUM_NOT_FOUND`, `FILE_NOT_FOUND`, `FILE_NOT_ACCESSIBLE` */
  resolve(id: MediumId): Promise<ResolvedMedium>;
  /** What is wrong with the media of a configuration; `machineId` is null for a machine that does not exist yet. */
  problemsOf(config: MachineConfig, machineId: MachineId | null): AttachmentProblem[];
  /** The record of the known medium, or one that is not stored yet. @throws InnError as `register` */
  prepare(path: string, kind: MediumKind): Promise<MediumRecord>;
  /** @throws InnError `MEDIUM_NOT_FOUND` */
  record(id: MediumId): MediumRecord;
  /** All records, the hidden ones among them. */
  records(): MediumRecord[];
  /** The media that build on it directly. */
  childrenOf(id: MediumId): MediumRecord[];
  /** The machines that need it: they, or snapshots of theirs, name it or anything that builds on it. */
  usersOf(id: MediumId): { id: MachineId; name: string }[];
  /** Whether a snapshot keeps it. */
  isKept(id: MediumId): boolean;
  /** Changes stored fields, within the caller's commit. */
  amend(id: MediumId, patch: MediumPatch, publish: Publish): void;
  /** A record, not stored yet, for an image that is known to be good. */
  newRecord(kind: MediumKind, image: NewImage): MediumRecord;
  /** Stores a record unless it is stored already, within the caller's commit; the caller publishes the change. */
  adopt(record: MediumRecord): void;
  /** Tells that the media are attached elsewhere now, within the caller's commit. */
  publishChanged(ids: Iterable<MediumId>, publish: Publish): void;
  /** The machines that have it attached. */
  machinesOf(id: MediumId): { id: MachineId; name: string }[];
  /** The media that the machine has attached, also when its record is damaged. */
  mediaOf(id: MachineId): MediumId[];
  /** Owned media whose files lie in the folder. */
  ownedIn(folder: string): MediumRecord[];
  /** Forgets the media, within the caller's commit. They must not be attached. */
  forget(ids: Iterable<MediumId>, publish: Publish): void;
}
