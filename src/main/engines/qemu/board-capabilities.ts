import type { Ability, EngineCapabilities, Finding } from '../../../shared/model/engine.ts';
import { AudioCard } from '../../../shared/model/hardware.ts';
import { AUDIO_DEVICES } from './command-line/audio.ts';
import { TPM_DEVICE, WATCHDOG_DEVICE } from './command-line/board.ts';
import { pickUefi } from './doctor/firmware.ts';
import { NO_SOUND } from './doctor/host-sound.ts';
import type { Installation } from './installation.ts';

type BoardCapabilities = Pick<
  EngineCapabilities,
  'chipsets' | 'audioCards' | 'audio' | 'uefi' | 'secureBoot' | 'tpm' | 'watchdog'
>;

const yes: Ability = { isAvailable: true, reason: null };

/**
 * What the motherboard of a machine can carry here. Pure.
 * @param installation undefined: no QEMU was found; what the usual one can do
 * @param findings where the doctor says what is lacking, and how to get it
 */
export function boardCapabilities(
  installation: Pick<Installation, 'devices' | 'uefi' | 'swtpm' | 'audioDriver'> | undefined,
  findings: readonly Finding[],
): BoardCapabilities {
  const has = (names: readonly string[]): boolean =>
    installation === undefined || names.every((name) => installation.devices.has(name));
  const lack = (subject: string): Ability => {
    const found = findings.find((finding) => finding.subject === subject && !finding.isGood);
    const reason = found ? [found.cause, found.cure].flatMap((each) => each ?? []).join(' ') : 'It is not installed.';
    return { isAvailable: false, reason };
  };
  const device = (name: string, what: string): Ability =>
    has([name]) ? yes : { isAvailable: false, reason: `The QEMU on this computer has no ${what}.` };
  const { uefi, swtpm, audioDriver } = installation ?? {};
  return {
    chipsets: ['i440fx', 'q35'],
    audioCards: AudioCard.options.filter((card) => card === 'none' || has(AUDIO_DEVICES[card])),
    audio: audioDriver === NO_SOUND ? lack('Sound') : yes,
    uefi: uefi === undefined || pickUefi(uefi, false) ? yes : lack('UEFI'),
    secureBoot: uefi === undefined || pickUefi(uefi, true) ? yes : lack('Secure Boot'),
    tpm: swtpm === null ? lack('TPM') : device(TPM_DEVICE, 'TPM'),
    watchdog: device(WATCHDOG_DEVICE, 'watchdog'),
  };
}
