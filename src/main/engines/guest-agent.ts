/** What a program inside of the guest tells of it. Null: it does not say. */
export interface GuestFacts {
  agentVersion: string | null;
  /** In the guest's own words, such as `Debian GNU/Linux 12 (bookworm)`. */
  osName: string | null;
  kernel: string | null;
  hostname: string | null;
  interfaces: GuestInterface[];
}

export interface GuestInterface {
  name: string;
  macAddress: string | null;
  /** IPv4 and IPv6, without the length of the prefix; loopback is left out. */
  addresses: string[];
}

export interface GuestCommand {
  /** The program and its arguments, as they are: no shell takes them apart. */
  argv: readonly [program: string, ...args: string[]];
  /** What the program reads from its standard input. */
  input: Uint8Array;
  timeoutMs: number;
}

export interface GuestCommandResult {
  /** Null when a signal ended the program. */
  exitCode: number | null;
  signal: number | null;
  output: Uint8Array;
  errorOutput: Uint8Array;
  /** There was more output than the agent keeps. */
  isTruncated: boolean;
}

/**
 * The agent of a guest: a program that the guest's owner installed, or did not. Nothing that it says or fails to say keeps
 * anything else from working. Calls reject with `AGENT_MISSING` when no agent listens, `AGENT_FAILED` when it refuses or
 * answers nonsense, `TIMEOUT` when it does not answer.
 */
export interface GuestAgent {
  /** Whether a program in the guest holds the line; it may hang all the same. Never rejects. */
  isConnected(): Promise<boolean>;
  facts(): Promise<GuestFacts>;
  /** Runs a program. After `timeoutMs` it rejects with `TIMEOUT`; the program goes on in the guest. */
  execute(command: GuestCommand): Promise<GuestCommandResult>;
  /** Asks the guest's system to shut down; resolves when it has been asked. */
  shutdown(): Promise<void>;
  /** Brings every file system to rest: what was written is on the disks, and writers wait. @returns how many */
  freeze(): Promise<number>;
  /** Lets writers go on; harmless when nothing was frozen. @returns how many file systems were let go */
  thaw(): Promise<number>;
  /** Sets the guest's clock to the host's. */
  setClock(): Promise<void>;
}
