/** One line of the machine's log: the spawner leads stderr there. Errors come with their stack. */
export function log(message: string, error?: unknown): void {
  const detail =
    error === undefined ? '' : `: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  process.stderr.write(`${new Date().toISOString()} ${message}${detail}\n`);
}
