import type { Command } from 'commander';
import { type Audio, AudioCard, Chipset, Motherboard } from '../../../shared/model/hardware.ts';
import type { MachineConfig } from '../../../shared/model/machine.ts';
import { Resources } from '../../../shared/model/resources.ts';
import { onOff } from '../command-parts/arguments.ts';
import { choice } from '../command-parts/choice.ts';

/** Options of the motherboard, the sound card and the priority, the same for `create` and `set`. */
export interface BoardOptions {
  chipset?: Chipset;
  firmware?: Motherboard['firmware'];
  secureBoot?: boolean;
  tpm?: boolean;
  watchdog?: Motherboard['watchdog'];
  audio?: AudioCard;
  audioOutput?: boolean;
  audioInput?: boolean;
  priority?: Resources['priority'];
}

/** What the options say, field by field; absent fields were not said. */
export interface BoardChanges {
  motherboard?: Partial<Motherboard>;
  audio?: Partial<Audio>;
  priority?: Resources['priority'];
}

export function addBoardOptions(command: Command): Command {
  const { firmware, watchdog } = Motherboard.shape;
  return command
    .option('--chipset <chipset>', Chipset.options.join(' or '), choice(Chipset.options))
    .option('--firmware <firmware>', firmware.options.join(' or '), choice(firmware.options))
    .option('--secure-boot <on|off>', 'start only what is signed; needs uefi and q35', onOff)
    .option('--tpm <on|off>', 'a TPM 2.0', onOff)
    .option('--watchdog <action>', `when the guest hangs: ${watchdog.options.join(', ')}`, choice(watchdog.options))
    .option('--audio <card>', `sound card: ${AudioCard.options.join(', ')}`, choice(AudioCard.options))
    .option('--audio-output <on|off>', 'play what the guest plays', onOff)
    .option('--audio-input <on|off>', 'let the guest record', onOff)
    .option(
      '--priority <priority>',
      `among the programs of the host, also while it runs: ${Resources.shape.priority.options.join(', ')}`,
      choice(Resources.shape.priority.options),
    );
}

/** Takes the fields of the options apart; an empty object when none was given. */
export function boardChanges(options: BoardOptions): BoardChanges {
  const { chipset, firmware, secureBoot: isSecureBoot, tpm: hasTpm, watchdog, priority } = options;
  const motherboard = said({ chipset, firmware, isSecureBoot, hasTpm, watchdog });
  const audio = said({ card: options.audio, hasOutput: options.audioOutput, hasInput: options.audioInput });
  return {
    ...(motherboard && { motherboard }),
    ...(audio && { audio }),
    ...(priority && { priority }),
  };
}

/** The configuration with what the options say. */
export function withBoardChanges(config: MachineConfig, options: BoardOptions): MachineConfig {
  const { motherboard, audio, priority } = boardChanges(options);
  return {
    ...config,
    motherboard: { ...config.motherboard, ...motherboard },
    audio: { ...config.audio, ...audio },
    resources: { ...config.resources, ...(priority && { priority }) },
  };
}

type Said<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function said<T extends object>(fields: T): Said<T> | undefined {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as Said<T>);
}
