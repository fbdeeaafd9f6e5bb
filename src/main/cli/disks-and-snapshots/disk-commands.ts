import path from 'node:path';
import type { Command } from 'commander';
import { contract } from '../../../shared/contract.ts';
import { ImageVariant, type Medium, MediumFormat, MediumKind } from '../../../shared/model/medium.ts';
import { formatBytes } from '../../../shared/units.ts';
import type { InnClient } from '../../api/client-link.ts';
import { size, wholeNumber } from '../command-parts/arguments.ts';
import { choice } from '../command-parts/choice.ts';
import { type CliContext, show, withConnection } from '../command-parts/context.ts';
import { summaryOf } from '../command-parts/summary.ts';
import { watchTask } from '../command-parts/watch-task.ts';
import { findMedium, kindOf } from './find-medium.ts';
import { mediumFields, mediumLine, mediumTable, reportLines } from './medium-lines.ts';

const SIZE = 'such as 20G; in MB when no unit is given';

/** `inn disk …`. A medium is named by its file, its name or its id. */
export function addDiskCommands(program: Command, context: CliContext): void {
  const disk = program.command('disk').description('Hard disks, discs and floppies');
  addLooking(disk, context);
  addMaking(disk, context);
  addChanging(disk, context);
  addAttaching(disk, context);
}

/** Finds the medium, works on it, and lets go of the core. */
function onMedium(
  context: CliContext,
  name: string,
  work: (client: InnClient, medium: Medium) => Promise<void>,
): Promise<void> {
  return withConnection(context, async ({ client }) => work(client, await findMedium(client, name)));
}

function addLooking(disk: Command, context: CliContext): void {
  disk
    .command('list')
    .alias('ls')
    .description(summaryOf(contract.medium.list))
    .option('--kind <kind>', MediumKind.options.join(', '), choice(MediumKind.options))
    .action(async ({ kind }: { kind?: MediumKind }, command: Command) => {
      await withConnection(context, async ({ client }) => {
        const media = await client.medium.list({});
        show(context, command, kind ? media.filter((each) => each.kind === kind) : media, mediumTable);
      });
    });
  disk
    .command('info <medium>')
    .description(summaryOf(contract.medium.get))
    .action((name: string, _options: object, command: Command) =>
      onMedium(context, name, async (client, { id }) => {
        show(context, command, await client.medium.get({ id }), mediumFields);
      }),
    );
  disk
    .command('check <medium>')
    .description(summaryOf(contract.medium.check))
    .option('--repair', 'repair what can be repaired without loss', false)
    .action((name: string, { repair }: { repair: boolean }, command: Command) =>
      onMedium(context, name, async (client, { id, name: subject }) => {
        const check = () => client.medium.check({ id, repairs: repair });
        show(context, command, await watchTask(context, client, subject, check), reportLines);
      }),
    );
}

interface ImageOptions {
  format?: MediumFormat;
  variant?: ImageVariant;
}

/** Leaves absent what was not said, so that the core's own choice counts. */
function said({ format, variant }: ImageOptions): ImageOptions {
  return { ...(format === undefined ? {} : { format }), ...(variant === undefined ? {} : { variant }) };
}

const withImageOptions = (command: Command): Command =>
  command
    .option('--format <format>', MediumFormat.options.join(', '), choice(MediumFormat.options))
    .option('--variant <variant>', ImageVariant.options.join(', '), choice(ImageVariant.options));

/** `disk.vdi` names its format, too. */
function formatOf(file: string): MediumFormat | undefined {
  const ending = path.extname(file).slice(1).toLowerCase();
  return ending === 'img' ? 'raw' : MediumFormat.options.find((format) => format === ending);
}

function addMaking(disk: Command, context: CliContext): void {
  withImageOptions(
    disk.command('create <file>').argument('<size>', SIZE, size).description(summaryOf(contract.medium.create)),
  ).action(async (file: string, sizeBytes: number, options: ImageOptions, command: Command) => {
    const input = { path: path.resolve(file), sizeBytes };
    const format = options.format ?? formatOf(file);
    await withConnection(context, async ({ client }) => {
      const create = () => client.medium.create({ ...input, ...said({ ...options, ...(format && { format }) }) });
      show(context, command, await watchTask(context, client, path.basename(file), create), mediumLine);
    });
  });
  withImageOptions(disk.command('convert <medium> <file>').description(summaryOf(contract.medium.copy))).action(
    (name: string, file: string, options: ImageOptions, command: Command) =>
      onMedium(context, name, async (client, { id, name: subject }) => {
        const format = options.format ?? formatOf(file);
        const to = { id, path: path.resolve(file), ...said({ ...options, ...(format && { format }) }) };
        const copy = await watchTask(context, client, subject, () => client.medium.copy(to));
        show(context, command, copy, mediumLine);
      }),
  );
  disk
    .command('register <file>')
    .description(summaryOf(contract.medium.register))
    .option('--kind <kind>', 'by default from the ending of the file', choice(MediumKind.options))
    .action(async (file: string, { kind }: { kind?: MediumKind }, command: Command) => {
      await withConnection(context, async ({ client }) => {
        const medium = await client.medium.register({ path: path.resolve(file), kind: kind ?? kindOf(file) });
        show(context, command, medium, mediumLine);
      });
    });
}

function addChanging(disk: Command, context: CliContext): void {
  disk
    .command('resize <medium>')
    .argument('<size>', SIZE, size)
    .description(summaryOf(contract.medium.resize))
    .action((name: string, sizeBytes: number, _options: object, command: Command) =>
      onMedium(context, name, async (client, { id, name: subject }) => {
        const resize = () => client.medium.resize({ id, sizeBytes });
        show(context, command, await watchTask(context, client, subject, resize), mediumLine);
      }),
    );
  disk
    .command('compact <medium>')
    .description(summaryOf(contract.medium.compact))
    .action((name: string, _options: object, command: Command) =>
      onMedium(context, name, async (client, { id, name: subject }) => {
        const compact = () => client.medium.compact({ id });
        show(context, command, await watchTask(context, client, subject, compact), ({ medium, savedBytes }) => [
          `${medium.name}: ${savedBytes > 0 ? `${formatBytes(savedBytes)} freed` : 'nothing to free'}`,
        ]);
      }),
    );
  disk
    .command('remove <medium>')
    .alias('rm')
    .description(summaryOf(contract.medium.remove))
    .option('--delete-file', 'also delete the file; this cannot be undone', false)
    .action((name: string, { deleteFile }: { deleteFile: boolean }, command: Command) =>
      onMedium(context, name, async (client, medium) => {
        await client.medium.remove({ id: medium.id, deletesFile: deleteFile });
        show(context, command, medium, ({ location }) => [`${deleteFile ? 'Deleted' : 'Forgot'} ${location}`]);
      }),
    );
}

interface SlotOptions {
  controller?: string;
  port?: number;
  device?: number;
}

function addAttaching(disk: Command, context: CliContext): void {
  disk
    .command('attach <medium> <machine>')
    .description(summaryOf(contract.medium.attach))
    .option('--controller <name>', 'controller of the machine')
    .option('--port <n>', 'port of the controller', wholeNumber(0, 255))
    .option('--device <n>', 'device at the port', wholeNumber(0, 1))
    .action((name: string, machine: string, slot: SlotOptions, command: Command) =>
      onMedium(context, name, async (client, { id }) => {
        const { controller, port, device } = slot;
        await client.medium.attach({
          ...{ id, machine },
          ...(controller === undefined ? {} : { controller }),
          ...(port === undefined ? {} : { port }),
          ...(device === undefined ? {} : { device }),
        });
        show(context, command, await client.medium.get({ id }), mediumFields);
      }),
    );
  disk
    .command('detach <medium> [machine]')
    .description(summaryOf(contract.medium.detach))
    .action((name: string, machine: string | undefined, _options: object, command: Command) =>
      onMedium(context, name, async (client, { id }) => {
        const detached = await client.medium.detach({ id, ...(machine === undefined ? {} : { machine }) });
        show(context, command, detached, mediumLine);
      }),
    );
}
