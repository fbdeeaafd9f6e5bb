import type { Medium, MediumFormat, MediumId, MediumKind } from '../../shared/model/medium.ts';

/** A medium as an engine gets it (the `medium` of `ResolvedDrive`). */
export interface ResolvedMedium {
  id: MediumId;
  path: string;
  format: MediumFormat;
  sizeBytes: number;
  isReadOnly: boolean;
}

export interface MediumService {
  /** All media, as their files were when last looked at; for the snapshot of the event stream. */
  known(): Medium[];
  /** All media after a new look at their files. */
  list(): Promise<Medium[]>;
  register(path: string, kind: MediumKind): Promise<Medium>;
  createDisk(path: string, sizeBytes: number): Promise<Medium>;
  remove(id: MediumId, deletesFile: boolean): Promise<void>;
  /** What an engine needs to open it. @throws InnError `MEDIUM_NOT_FOUND`, `FILE_NOT_FOUND`, `FILE_NOT_ACCESSIBLE` */
  resolve(id: MediumId): Promise<ResolvedMedium>;
}
