import { InnError } from '../../../shared/errors.ts';
import type { MachineConfig } from '../../../shared/model/machine.ts';
import { ACCELERATOR_NAMES, type Installation, machineTypeFor, printVersion } from './installation.ts';
import type { StateHeader } from './state-header.ts';

/** What a state of such a machine, saved under this installation, says of it. */
export function stateHeaderOf(installation: Installation, config: Pick<MachineConfig, 'motherboard'>): StateHeader {
  const { version, accelerator } = installation;
  const machineType = machineTypeFor(installation, config);
  return { format: 1, qemuVersion: printVersion(version), machineType, accelerator };
}

/**
 * The installation as it must be for a saved state: the same machine type and accelerator as when it was saved, also
 * after QEMU was updated or the host's hardware acceleration has come or gone.
 * @throws InnError `ENGINE_FAILED` when the accelerator is not there any more
 */
export function installationFor(installation: Installation, header: StateHeader): Installation {
  const { accelerator, machineType } = header;
  if (accelerator !== 'tcg' && accelerator !== installation.accelerator) {
    const name = ACCELERATOR_NAMES[accelerator];
    throw new InnError('ENGINE_FAILED', `The saved state was made with ${name}, which does not work here now.`, {
      hint: `Make ${name} work (the doctor says how), or discard the saved state.`,
      details: { accelerator },
    });
  }
  return { ...installation, accelerator, machineTypes: { pc: machineType, q35: machineType } };
}
