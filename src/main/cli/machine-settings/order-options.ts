import { type Command, InvalidArgumentError } from 'commander';
import type { MachineConfig } from '../../../shared/model/machine.ts';
import type { StartOrder } from '../../../shared/model/resources.ts';
import { wholeNumber } from '../command-parts/arguments.ts';

export interface OrderOptions {
  startOrder?: number;
  startDelay?: number;
  waitsFor?: Pick<StartOrder, 'waitsFor' | 'port'>;
}

/** `--start-order`, `--start-delay` and `--waits-for` of `inn set`. */
export function addOrderOptions(command: Command): Command {
  return command
    .option(
      '--start-order <n>',
      'place in the start of its group; lower is earlier, 100 is usual',
      wholeNumber(0, 1000),
    )
    .option('--start-delay <seconds>', 'between those before it being ready and its own start', wholeNumber(0, 3600))
    .option(
      '--waits-for <what>',
      'what it must have come to before those after it start: nothing, running, guestAgent or port:80',
      waitsFor,
    );
}

/** The configuration with what the options say about the start of its group. */
export function withOrder(config: MachineConfig, options: OrderOptions): MachineConfig {
  const { resources } = config;
  const { startOrder } = resources;
  const changed: StartOrder = {
    ...startOrder,
    order: options.startOrder ?? startOrder.order,
    delaySeconds: options.startDelay ?? startOrder.delaySeconds,
    ...options.waitsFor,
  };
  return { ...config, resources: { ...resources, startOrder: changed } };
}

/** `port:80`, or a word. */
export function waitsFor(text: string): Pick<StartOrder, 'waitsFor' | 'port'> {
  if (text === 'nothing' || text === 'running' || text === 'guestAgent') return { waitsFor: text, port: null };
  const [, digits] = /^port:(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (port >= 1 && port <= 65_535) return { waitsFor: 'port', port };
  throw new InvalidArgumentError('It must be nothing, running, guestAgent, or port: and a number, such as port:80.');
}
