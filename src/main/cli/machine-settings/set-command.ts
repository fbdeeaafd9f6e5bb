import path from 'node:path';
import type { Command } from 'commander';
import { contract } from '../../../shared/contract.ts';
import { InnError } from '../../../shared/errors.ts';
import { isOnline } from '../../../shared/machine-state.ts';
import { EngineChoice } from '../../../shared/model/engine.ts';
import { BootDevice, LIMITS } from '../../../shared/model/hardware.ts';
import type { Machine, MachineConfig } from '../../../shared/model/machine.ts';
import type { MediumId } from '../../../shared/model/medium.ts';
import type { InnClient } from '../../api/client-link.ts';
import { memory, onOff, wholeNumber } from '../command-parts/arguments.ts';
import { choice, choiceList } from '../command-parts/choice.ts';
import { type CliContext, show, withConnection } from '../command-parts/context.ts';
import { machineFields } from '../command-parts/print.ts';
import { summaryOf } from '../command-parts/summary.ts';
import { type AdapterOptions, adaptersWith, addAdapterOptions } from './adapter-options.ts';
import { addBoardOptions, type BoardOptions, withBoardChanges } from './board-options.ts';
import { addClaimOptions, type ClaimOptions, withClaimChanges } from './claim-options.ts';
import { addOrderOptions, type OrderOptions, withOrder } from './order-options.ts';
import { addSleepOptions, type SleepOptions, withSleep } from './sleep-options.ts';

interface SetOptions extends AdapterOptions, BoardOptions, ClaimOptions, SleepOptions, OrderOptions {
  name?: string;
  os?: string;
  memory?: number;
  processors?: number;
  cpuLimit?: number;
  bootOrder?: BootDevice[];
  engine?: EngineChoice;
  description?: string;
  group?: string;
  warmStart?: boolean;
  iso?: string;
  pool?: string;
}

/** The configuration with what the options say; everything else stays as it is. */
export function applyOptions(config: MachineConfig, options: SetOptions): MachineConfig {
  const base = withOrder(withSleep(withBoardChanges(config, options), options), options);
  return {
    ...base,
    resources: { ...base.resources, ...withClaimChanges(base.resources, options) },
    name: options.name ?? config.name,
    osType: options.os ?? config.osType,
    memoryMiB: options.memory ?? config.memoryMiB,
    processors: {
      count: options.processors ?? config.processors.count,
      capPercent: options.cpuLimit ?? config.processors.capPercent,
    },
    bootOrder: options.bootOrder ?? config.bootOrder,
    engine: options.engine ?? config.engine,
    description: options.description ?? config.description,
    group: options.group ?? config.group,
    keepsWarmStart: options.warmStart ?? config.keepsWarmStart,
  };
}

/** The machine's first optical drive. @throws InnError `INVALID_CONFIG` when it has none */
function opticalDrive({ config }: Machine) {
  for (const controller of config.storage) {
    const drive = controller.attachments.find(({ kind }) => kind === 'optical');
    if (drive) return { controller: controller.name, port: drive.port, device: drive.device };
  }
  throw new InnError('INVALID_CONFIG', `'${config.name}' has no optical drive.`, {
    hint: 'Add one in the Storage page of its settings while it is powered off.',
  });
}

async function changeDisc(client: InnClient, machine: Machine, iso: string): Promise<Machine> {
  const drive = opticalDrive(machine);
  const isEjected = iso === 'none';
  const mediumId: MediumId | null = isEjected
    ? null
    : (await client.medium.register({ path: path.resolve(iso), kind: 'optical' })).id;
  if (isOnline(machine.state)) return client.machine.changeMedium({ machine: machine.id, ...drive, mediumId });
  const storage = machine.config.storage.map((controller) =>
    controller.name === drive.controller
      ? {
          ...controller,
          attachments: controller.attachments.map((each) =>
            each.port === drive.port && each.device === drive.device ? { ...each, mediumId } : each,
          ),
        }
      : controller,
  );
  const config = { ...machine.config, storage };
  return client.machine.configure({ machine: machine.id, revision: machine.revision, config });
}

/** `inn set <machine> [options]`. */
export function addSetCommand(program: Command, context: CliContext): void {
  const command = program
    .command('set <machine>')
    .description(summaryOf(contract.machine.configure))
    .option('--name <name>', 'rename it')
    .option('--os <type>', 'guest operating system')
    .option('--memory <size>', 'memory, in MB when no unit is given', memory)
    .option('--processors <n>', 'virtual processors', wholeNumber(LIMITS.processors.min, LIMITS.processors.max))
    .option(
      '--cpu-limit <percent>',
      'execution cap; also while it runs',
      wholeNumber(LIMITS.capPercent.min, LIMITS.capPercent.max),
    )
    .option(
      '--boot-order <devices>',
      `such as disk,optical; of ${BootDevice.options.join(', ')}`,
      choiceList(BootDevice.options),
    )
    .option('--engine <engine>', 'auto, embedded or qemu', choice(EngineChoice.options))
    .option('--description <text>', 'a note for people')
    .option('--group <path>', 'group in the list, / for none')
    .option('--warm-start <on|off>', 'keep the booted state for instant starts', onOff)
    .option('--pool <pool|none>', 'the resource pool it belongs to')
    .option('--iso <file|none>', 'insert or eject a disc; also while it runs');
  addAdapterOptions(addOrderOptions(addSleepOptions(addClaimOptions(addBoardOptions(command))))).action(
    async (name: string, options: SetOptions, command: Command) => {
      const { iso, pool, ...settings } = options;
      await withConnection(context, async ({ client }) => {
        let machine = await client.machine.get({ machine: name });
        if (Object.keys(settings).length > 0) {
          const adapters = await adaptersWith(machine.config, settings, client);
          const config = applyOptions({ ...machine.config, adapters }, settings);
          machine = await client.machine.configure({ machine: machine.id, revision: machine.revision, config });
        }
        if (pool !== undefined) {
          machine = await client.pool.assign({ machine: machine.id, pool: pool === 'none' ? null : pool });
        }
        if (iso !== undefined) machine = await changeDisc(client, machine, iso);
        show(context, command, machine, machineFields);
      });
    },
  );
}
