import type { MediumFormat, MediumId, MediumKind } from '../../shared/model/medium.ts';

/** A medium as the database keeps it; what its file looks like now is not stored. */
export interface MediumRecord {
  id: MediumId;
  kind: MediumKind;
  name: string;
  /** Absolute path, with symbolic links resolved: one file is one medium. */
  location: string;
  format: MediumFormat;
  /** Size that the guest sees, in bytes, when the medium became known. */
  virtualSizeBytes: number;
  /** The medium that this one builds on; null when it stands alone. */
  parentId: MediumId | null;
  /** No machine and no snapshot names it any more, but other media build on it. */
  isHidden: boolean;
  /** Made by the program inside a machine's folder. */
  isOwned: boolean;
  /** A note for people. */
  description: string;
  createdAt: string;
}
