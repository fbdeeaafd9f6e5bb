import type { Audio, Chipset } from '../../../../shared/model/hardware.ts';
import { type CommandPart, type CommandPlan, jsonOption, part } from './part.ts';

type Card = Exclude<Audio['card'], 'none'>;

/** Devices that must be there for a card. */
export const AUDIO_DEVICES: Record<Card, readonly string[]> = {
  hda: ['intel-hda', 'hda-duplex', 'hda-output'],
  ac97: ['AC97'],
  sb16: ['sb16'],
};

const HDA: Record<Chipset, string> = { i440fx: 'intel-hda', q35: 'ich9-intel-hda' };
const SILENT = 'none';
const HOST = 'sound';

/**
 * The sound card, and where its sound goes.
 *
 * | output | input | the host's sound |
 * |---|---|---|
 * | yes | yes | both ways |
 * | yes | no | played; the guest records silence |
 * | no | | not touched: QEMU cannot record without playing |
 */
export function audioPart({ spec: { config }, installation: { audioDriver } }: CommandPlan): CommandPart {
  const { card, hasOutput, hasInput } = config.audio;
  if (card === 'none') return part('audio');
  const driver = hasOutput ? audioDriver : SILENT;
  const voices = hasInput && hasOutput ? {} : { in: { voices: 0 } };
  return part(
    'audio',
    ...jsonOption('-audiodev', { driver, id: HOST, ...voices }),
    ...cardDevices(card, config.motherboard.chipset, hasInput).flatMap((device) => jsonOption('-device', device)),
  );
}

function cardDevices(card: Card, chipset: Chipset, hasInput: boolean): Record<string, unknown>[] {
  switch (card) {
    case 'hda':
      return [
        { driver: HDA[chipset], id: 'audio' },
        { driver: hasInput ? 'hda-duplex' : 'hda-output', bus: 'audio.0', audiodev: HOST },
      ];
    case 'ac97':
      return [{ driver: 'AC97', audiodev: HOST }];
    case 'sb16':
      return [{ driver: 'sb16', audiodev: HOST }];
  }
}
