import type { Command } from 'commander';
import type { Connection } from '../../api/client.ts';

/** What every command gets: how to reach the core and where to print. */
export interface CliContext {
  connect(): Promise<Connection>;
  /** Writes one line for the person, or for the program that reads us. */
  print(line: string): void;
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  /** Where progress goes, when it is a terminal. */
  stderr: Pick<NodeJS.WriteStream, 'isTTY' | 'write'>;
  env: NodeJS.ProcessEnv;
}

interface GlobalOptions {
  json?: boolean;
}

export const wantsJson = (command: Command): boolean => command.optsWithGlobals<GlobalOptions>().json === true;

/** Connects, works, and lets go of the core also when the work fails. */
export async function withConnection<T>(context: CliContext, work: (connection: Connection) => Promise<T>): Promise<T> {
  await using connection = await context.connect();
  return await work(connection);
}

/** Prints the value as JSON when asked so, else as the lines made for a person. */
export function show<T>(context: CliContext, command: Command, value: T, lines: (value: T) => string[]): void {
  if (wantsJson(command)) context.print(JSON.stringify(value, null, 2));
  else for (const line of lines(value)) context.print(line);
}
