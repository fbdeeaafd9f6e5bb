import type { Audio, AudioCard, Chipset, Motherboard } from '../../shared/model/hardware.ts';
import type { Resources } from '../../shared/model/resources.ts';

export const CHIPSET_LABELS: Record<Chipset, string> = { i440fx: 'PIIX3 (i440FX)', q35: 'ICH9 (Q35)' };

export const WATCHDOG_LABELS: Record<Motherboard['watchdog'], string> = {
  none: 'None',
  reset: 'Reset the machine',
  powerOff: 'Power the machine off',
  pause: 'Pause the machine',
};

export const AUDIO_CARD_LABELS: Record<AudioCard, string> = {
  none: 'None',
  hda: 'Intel HD Audio',
  ac97: 'ICH AC97',
  sb16: 'SoundBlaster 16',
};

export const PRIORITY_LABELS: Record<Resources['priority'], string> = { low: 'Low', normal: 'Normal', high: 'High' };

/** `BIOS`, `UEFI` or `UEFI with Secure Boot`. */
export function firmwareWords({ firmware, isSecureBoot }: Motherboard): string {
  if (firmware === 'bios') return 'BIOS';
  return isSecureBoot ? 'UEFI with Secure Boot' : 'UEFI';
}

/** `Intel HD Audio, output`. */
export function audioWords({ card, hasOutput, hasInput }: Audio): string {
  if (card === 'none') return AUDIO_CARD_LABELS.none;
  const ways = [...(hasOutput ? ['output'] : []), ...(hasInput ? ['input'] : [])];
  return `${AUDIO_CARD_LABELS[card]}, ${ways.join(' and ') || 'silent'}`;
}
