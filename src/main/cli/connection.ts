import type { Duplex } from 'node:stream';
import type { ContractRouterClient } from '@orpc/contract';
import type { ConsoleChannel, Contract } from '../../shared/contract.ts';

export type InnClient = ContractRouterClient<Contract>;

/** A way to the core, for the length of one command. */
export interface Connection extends AsyncDisposable {
  client: InnClient;
  /** The byte stream of a machine's screen or serial port. */
  openChannel(machine: string, channel: ConsoleChannel): Promise<Duplex>;
}

/** Opens the way: to the core that runs, else to one inside this process. Set by `main.ts`, replaced in tests. */
export type Connect = () => Promise<Connection>;
