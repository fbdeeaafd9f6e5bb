import type { Uplink } from '../../../shared/model/uplink.ts';

/** What the core hands to a network process, as `network.json` in its runtime folder. Plain data only. */
export interface NetworkProcessSpec {
  /** Version of this document. */
  format: 1;
  networkId: string;
  name: string;
  /** Machines reach the gateway and never each other. */
  isolatesPorts: boolean;
  /** Largest content of a frame in bytes, 576 to 9000. */
  mtu: number;
  /** For losses on purpose. */
  seed: number;
  /** How long the process stays with no machine at any port and no core, in milliseconds. */
  lingerMs: number;
  /** What the gateway has to know, in its own form; null: the network has none. */
  gateway: unknown;
  /** The way to the host's own interface; null: there is none. */
  uplink: Uplink | null;
}

/** Names of the files in the runtime folder of a network (mode 0700). */
export const NETWORK_FILES = {
  spec: 'network.json',
  /** Control, for the one core that owns the network: QMP's form, commands of commands.ts. */
  control: 'control.sock',
} as const;

export const NETWORK_LOG = 'network.log';
