import path from 'node:path';
import type { Command } from 'commander';
import { contract } from '../../../shared/contract.ts';
import type { CreateMachineInput } from '../../../shared/machine-contract.ts';
import { EngineChoice } from '../../../shared/model/engine.ts';
import { LIMITS } from '../../../shared/model/hardware.ts';
import { MediumFormat } from '../../../shared/model/medium.ts';
import { OS_TYPES } from '../../../shared/os-types.ts';
import { memory, size, wholeNumber } from '../command-parts/arguments.ts';
import { choice } from '../command-parts/choice.ts';
import { type CliContext, show, withConnection } from '../command-parts/context.ts';
import { machineFields } from '../command-parts/print.ts';
import { summaryOf } from '../command-parts/summary.ts';
import { addBoardOptions, type BoardOptions, boardChanges } from '../machine-settings/board-options.ts';

interface CreateOptions extends BoardOptions {
  os?: string;
  memory?: number;
  processors?: number;
  cpuLimit?: number;
  disk?: number;
  diskFormat?: MediumFormat;
  diskFile?: string;
  iso?: string;
  floppy?: string;
  kernel?: string;
  initrd?: string;
  append?: string;
  demo?: boolean;
  engine?: EngineChoice;
  description?: string;
  group?: string;
  warmStart?: boolean;
}

const absolute = (file: string | undefined) => (file === undefined ? undefined : path.resolve(file));

/** Leaves absent what the user did not say, so that the OS type's recommendation counts. */
function toInput(name: string, options: CreateOptions): CreateMachineInput {
  const input = {
    name,
    osType: options.os,
    memoryMiB: options.memory,
    processors: options.processors,
    capPercent: options.cpuLimit,
    diskSizeBytes: options.disk,
    diskFormat: options.diskFormat,
    diskPath: absolute(options.diskFile),
    isoPath: absolute(options.iso),
    floppyPath: absolute(options.floppy),
    kernelPath: absolute(options.kernel),
    initrdPath: absolute(options.initrd),
    commandLine: options.append,
    isDemo: options.demo,
    engine: options.engine,
    description: options.description,
    group: options.group,
    keepsWarmStart: options.warmStart,
    ...boardChanges(options),
  };
  const said = Object.entries(input).filter(([, value]) => value !== undefined);
  return { name, ...Object.fromEntries(said) };
}

/** `inn create <name> [options]`. */
export function addCreateCommand(program: Command, context: CliContext): void {
  const command = program
    .command('create <name>')
    .description(summaryOf(contract.machine.create))
    .option('--os <type>', `guest operating system: ${OS_TYPES.map(({ id }) => id).join(', ')}`)
    .option('--memory <size>', 'memory, in MB when no unit is given', memory)
    .option('--processors <n>', 'virtual processors', wholeNumber(LIMITS.processors.min, LIMITS.processors.max))
    .option('--cpu-limit <percent>', 'execution cap', wholeNumber(LIMITS.capPercent.min, LIMITS.capPercent.max))
    .option('--disk <size>', 'create an empty disk of this size', size)
    .option('--disk-format <format>', 'of the new disk; by default qcow2', choice(MediumFormat.options))
    .option('--disk-file <file>', 'attach an existing disk image')
    .option('--iso <file>', 'put this image into the optical drive')
    .option('--floppy <file>', 'put this image into the floppy drive')
    .option('--kernel <file>', 'start this Linux kernel directly')
    .option('--initrd <file>', 'its initial ramdisk')
    .option('--append <line>', 'its command line')
    .option('--demo', 'boot the guest that comes with Innkeeper')
    .option('--engine <engine>', 'auto, embedded or qemu', choice(EngineChoice.options))
    .option('--description <text>', 'a note for people')
    .option('--group <path>', 'group in the list, such as /Lab/Web')
    .option('--warm-start', 'keep the booted state, so that the next start is instant');
  addBoardOptions(command).action(async (name: string, options: CreateOptions, command: Command) => {
    await withConnection(context, async ({ client }) => {
      show(context, command, await client.machine.create(toInput(name, options)), machineFields);
    });
  });
}
