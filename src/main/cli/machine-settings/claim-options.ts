import { type Command, InvalidArgumentError } from 'commander';
import { type MemoryClaim, type ProcessorClaim, SHARES, Shares } from '../../../shared/model/resources.ts';
import { memory } from '../command-parts/arguments.ts';

/** Options of what a machine or a pool claims of the host. */
export interface ClaimOptions {
  cpuShares?: Shares;
  cpuReservation?: number;
  processorLimit?: number | null;
  memoryShares?: Shares;
  memoryReservation?: number;
  memoryLimit?: number | null;
}

export function addClaimOptions(command: Command): Command {
  return command
    .option('--cpu-shares <shares>', `weight for processors: ${Object.keys(SHARES).join(', ')} or a number`, shares)
    .option('--cpu-reservation <n>', 'processors that are always there, such as 0.5', processors)
    .option('--processor-limit <n|none>', 'processors at most, such as 1.5', orNone(processors))
    .option('--memory-shares <shares>', 'weight for memory when it is short', shares)
    .option('--memory-reservation <size>', 'memory that is never taken away; 0 for none', memoryOrNothing)
    .option('--memory-limit <size|none>', 'memory at most', orNone(memory));
}

interface Claims {
  processor: ProcessorClaim;
  memory: MemoryClaim;
}

/** The claims with what the options say. */
export function withClaimChanges({ processor, memory: ofMemory }: Claims, options: ClaimOptions): Claims {
  return {
    processor: {
      reservation: options.cpuReservation ?? processor.reservation,
      limit: options.processorLimit === undefined ? processor.limit : options.processorLimit,
      shares: options.cpuShares ?? processor.shares,
    },
    memory: {
      reservationMiB: options.memoryReservation ?? ofMemory.reservationMiB,
      limitMiB: options.memoryLimit === undefined ? ofMemory.limitMiB : options.memoryLimit,
      shares: options.memoryShares ?? ofMemory.shares,
    },
  };
}

function shares(text: string): Shares {
  const parsed = Shares.safeParse(/^\d+$/.test(text) ? Number(text) : text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(`They must be ${Object.keys(SHARES).join(', ')} or a number from 1 to 1000000.`);
}

function processors(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0 && value <= 1024) return value;
  throw new InvalidArgumentError('It must be a number of processors, such as 0.5 or 2.');
}

const memoryOrNothing = (text: string): number => (text === '0' ? 0 : memory(text));

function orNone(parse: (text: string) => number): (text: string) => number | null {
  return (text) => (text === 'none' ? null : parse(text));
}
