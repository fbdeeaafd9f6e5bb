import type { MachineConfig } from '../../shared/model/machine.ts';
import { CONTROLLER_SLOTS } from '../../shared/model/storage.ts';
import { osTypeOf } from '../../shared/os-types.ts';
import { formatMiB } from '../../shared/units.ts';
import { audioWords, CHIPSET_LABELS, firmwareWords, WATCHDOG_LABELS } from '../machine-details/board-words.ts';
import { ADAPTER_MODE_LABELS, ADAPTER_MODEL_LABELS, bootWords, slotWords } from '../machine-details/config-words.ts';

/** A setting that is not the same in two configurations, in words. */
export interface Difference {
  label: string;
  before: string;
  now: string;
}

/** Which settings of a snapshot are others than those of now. Disks count by their slots: their files always differ. */
export function configDifferences(before: MachineConfig, now: MachineConfig): Difference[] {
  const earlier = settingWords(before);
  const later = settingWords(now);
  const labels = new Set([...earlier.keys(), ...later.keys()]);
  return [...labels].flatMap((label) => {
    const words = { label, before: earlier.get(label) ?? 'None', now: later.get(label) ?? 'None' };
    return words.before === words.now ? [] : [words];
  });
}

/** Name, group and template mark belong to the machine, not to the moment. */
export function hasSameSettings(a: MachineConfig, b: MachineConfig): boolean {
  return configDifferences(a, b).length === 0;
}

function settingWords(config: MachineConfig): Map<string, string> {
  const { processors, display, adapters, storage, motherboard, audio } = config;
  return new Map([
    ['OS type', osTypeOf(config.osType).label],
    ['Engine', config.engine === 'auto' ? 'Automatic' : config.engine],
    ['Base Memory', formatMiB(config.memoryMiB)],
    ['Processors', String(processors.count)],
    ['Execution Cap', `${processors.capPercent} %`],
    ['Starts From', bootWords(config.kernelBoot, config.bootOrder)],
    ['Firmware', firmwareWords(motherboard)],
    ['Chipset', CHIPSET_LABELS[motherboard.chipset]],
    ['TPM', motherboard.hasTpm ? '2.0' : 'None'],
    ['Watchdog', WATCHDOG_LABELS[motherboard.watchdog]],
    ['Audio', audioWords(audio)],
    ['Video Memory', `${display.videoMemoryMiB} MB`],
    ...storage.flatMap((controller) => [
      [`${controller.name} controller`, CONTROLLER_SLOTS[controller.type].label] as const,
      ...controller.attachments.map(
        (drive) => [`${controller.name} ${slotWords(controller, drive)}`, driveWords(drive)] as const,
      ),
    ]),
    ...adapters.map((adapter, index) => {
      const cable = adapter.isCableConnected ? '' : ', cable pulled';
      const words = `${ADAPTER_MODE_LABELS[adapter.mode]}, ${ADAPTER_MODEL_LABELS[adapter.model]}${cable}`;
      return [`Adapter ${index + 1}`, words] as const;
    }),
  ]);
}

const KIND_WORDS = { disk: 'Hard disk', optical: 'Optical drive', floppy: 'Floppy drive' } as const;

function driveWords({ kind, mediumId }: MachineConfig['storage'][number]['attachments'][number]): string {
  if (kind === 'disk') return KIND_WORDS.disk;
  return mediumId === null ? `${KIND_WORDS[kind]}, empty` : `${KIND_WORDS[kind]}, with a medium`;
}
