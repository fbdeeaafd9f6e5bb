import type { Finding } from '../../../../shared/model/engine.ts';
import { ACCELERATOR_NAMES, type Accelerator, OLDEST_VERSION } from '../installation.ts';
import type { Verdict } from './accelerator-trial.ts';
import { installCure, type PackageManager } from './cures.ts';
import { pickUefi, type UefiFirmware } from './firmware.ts';

const good = (subject: string, cause: string): Finding => ({ subject, isGood: true, cause, cure: null });
const bad = (subject: string, cause: string, cure: string): Finding => ({ subject, isGood: false, cause, cure });

export function qemuFound(binary: string, version: string, packageName: string): Finding {
  const build = packageName === '' ? '' : ` (${packageName})`;
  return good('QEMU', `QEMU ${version}${build} is installed: ${binary}.`);
}

export function qemuMissing(named: string | undefined, manager: PackageManager): Finding {
  const cause =
    named === undefined
      ? 'QEMU is not installed.'
      : `INNKEEPER_QEMU names '${named}', which is no program that you may run.`;
  return bad(
    'QEMU',
    cause,
    named === undefined ? installCure('qemu', manager) : 'Correct INNKEEPER_QEMU, or unset it.',
  );
}

export function qemuBroken(binary: string, why: string, manager: PackageManager): Finding {
  const cure = `Install it again: ${installCure('qemu', manager)}`;
  return bad('QEMU', `'${binary}' does not work: ${why}.`, cure);
}

export function qemuTooOld(binary: string, version: string, manager: PackageManager): Finding {
  const oldest = `${OLDEST_VERSION.major}.${OLDEST_VERSION.minor}`;
  const cause = `'${binary}' is QEMU ${version}, and machines need ${oldest} or newer.`;
  return bad(
    'QEMU',
    cause,
    `Install a newer one, and name it with INNKEEPER_QEMU if it is not in your PATH. ${installCure('qemu', manager)}`,
  );
}

export function platformUnfit(): Finding {
  const cause = 'Machines are spoken to over Unix sockets, which Node cannot open on Windows.';
  return bad('Platform', cause, 'Run the program in the Windows Subsystem for Linux.');
}

/** What may stand between this program and hardware acceleration, before QEMU is asked. */
export type DeviceAccess = 'open' | 'missing' | 'forbidden' | 'unneeded';

const SLOW = 'guests run several times slower, by translation (TCG)';

const ENABLE: Record<Accelerator, string> = {
  kvm: 'Switch virtualization (Intel VT-x, AMD-V) on in the set-up of the computer, or nested virtualization in the hypervisor around it.',
  hvf: 'Use a Mac whose processor is of the same kind as the guest, and an up-to-date macOS.',
  whpx: "Switch the Windows feature 'Windows Hypervisor Platform' on, and restart.",
  tcg: '',
};

const UNHANG =
  'Update the kernel of this computer; if it is a virtual machine itself, the hypervisor around it must support nested virtualization.';

/** @param verdict undefined while the trial still runs */
export function acceleration(
  accelerator: Exclude<Accelerator, 'tcg'>,
  access: DeviceAccess,
  verdict: Verdict | undefined,
  user: string,
): Finding {
  const name = ACCELERATOR_NAMES[accelerator];
  if (access === 'missing')
    return bad('Acceleration', `This computer offers no ${name}; ${SLOW}.`, ENABLE[accelerator]);
  if (access === 'forbidden') {
    const cure = `Add yourself to the group of /dev/kvm and log in again: sudo usermod -aG kvm ${user}`;
    return bad('Acceleration', `You may not use /dev/kvm; ${SLOW}.`, cure);
  }
  if (verdict === undefined) {
    return bad(
      'Acceleration',
      `${name} is still being tried with a small guest; until then, ${SLOW}.`,
      'Look again in a moment.',
    );
  }
  if (verdict.outcome === 'runs') return good('Acceleration', `${name} works: a guest was run with it.`);
  const cause = `${name} does not work: ${verdict.reason ?? 'no reason was given'}; ${SLOW}.`;
  return bad('Acceleration', cause, verdict.outcome === 'hangs' ? UNHANG : ENABLE[accelerator]);
}

export function tool(what: 'qemu-img' | 'swtpm', file: string | undefined, manager: PackageManager): Finding {
  const [subject, use] =
    what === 'swtpm'
      ? ['TPM', 'gives machines a TPM 2.0']
      : ['Disk images', 'makes converting and compacting of disk images faster'];
  if (file !== undefined) return good(subject, `${what} is installed and ${use}: ${file}.`);
  return bad(subject, `${what}, which ${use}, is not installed.`, installCure(what, manager));
}

/** @param driver QEMU's name of the way to the host's sound; undefined when there is none */
export function sound(driver: string | undefined): Finding {
  if (driver !== undefined) return good('Sound', `Guests are heard by way of ${driver}.`);
  const cause = 'QEMU finds no sound here that it can use; guests play to nobody.';
  return bad('Sound', cause, 'Start PipeWire or PulseAudio, or install the part of QEMU for it (qemu-system-gui).');
}

export function uefi(found: readonly UefiFirmware[], manager: PackageManager): Finding[] {
  const [plain, secure] = [pickUefi(found, false), pickUefi(found, true)];
  const cure = installCure('ovmf', manager);
  return [
    plain
      ? good('UEFI', `UEFI firmware is installed: ${plain.executable}.`)
      : bad('UEFI', 'No UEFI firmware is installed; machines start by BIOS.', cure),
    secure
      ? good('Secure Boot', `UEFI firmware with Secure Boot is installed: ${secure.executable}.`)
      : bad('Secure Boot', 'No UEFI firmware with Secure Boot and its keys is installed.', cure),
  ];
}
