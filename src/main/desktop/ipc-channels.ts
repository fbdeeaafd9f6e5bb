/** Names of the few messages between preload script and desktop. Calls of the contract go over the port instead. */
export const CHANNELS = {
  connect: 'innkeeper:connect',
  openConsole: 'innkeeper:open-console',
  openFileDialog: 'innkeeper:open-file-dialog',
  /** From the desktop: a port, with its name. */
  port: 'innkeeper:port',
} as const;
