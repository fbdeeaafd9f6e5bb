import { InnError } from '../../../shared/errors.ts';
import type { StartSpec } from '../start-spec.ts';
import type { Installation } from './installation.ts';
import { startTpmChip, type TpmChip } from './tpm-chip.ts';
import { firmwareOf } from './uefi.ts';
import { ensureVariables } from './variables-file.ts';

/** What a machine's motherboard needs beside QEMU, for one run: its UEFI variables and its TPM. */
export class Board {
  readonly #spec: StartSpec;
  readonly #installation: Installation;
  #chip: TpmChip | undefined;

  constructor(spec: StartSpec, installation: Installation) {
    this.#spec = spec;
    this.#installation = installation;
  }

  /**
   * Call it in the prepared runtime folder, before QEMU is started.
   * @throws InnError `ENGINE_MISSING` without firmware or swtpm, and as `ensureVariables` and `startTpmChip`
   */
  async prepare(): Promise<void> {
    const { config, boardFolder, folders } = this.#spec;
    const { uefi, swtpm } = this.#installation;
    const firmware = firmwareOf(config, uefi);
    if (boardFolder === null) return;
    if (firmware !== undefined) await ensureVariables(boardFolder, firmware);
    if (!config.motherboard.hasTpm) return;
    if (swtpm === null) throw new InnError('ENGINE_MISSING', 'swtpm is not installed.', { hint: 'See the doctor.' });
    this.#chip = await startTpmChip(swtpm, boardFolder, folders);
  }

  /** QEMU runs: what is beside it ends with it from now on. */
  handOver(): void {
    this.#chip?.handOver();
  }

  /** Ends what was begun, for a start that failed. */
  async end(): Promise<void> {
    await this.#chip?.end();
  }
}
