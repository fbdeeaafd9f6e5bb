import type { MachineConfig, MachineId } from '../../shared/model/machine.ts';

/** Bytes of one session, towards the guest and from it. */
export interface Traffic {
  inBytes: number;
  outBytes: number;
}

/** What the runner needs of the networks. */
export interface MachineNetworks {
  /** A new run of the machine: what it sends and receives is counted from nothing. */
  beginSession(id: MachineId): void;
  /**
   * Puts the adapters of a machine on their networks as the configuration says, and takes them off any others.
   * @throws InnError `NOT_SUPPORTED` for a mode that is not possible here, `NETWORK_NOT_FOUND`, `CONFLICT` when another
   * machine there has the same address, `ENGINE_FAILED`, `ENGINE_TIMEOUT`
   */
  plug(id: MachineId, config: MachineConfig): Promise<void>;
  /**
   * Puts a machine to sleep that somebody's connection is to wake: who connects from before it begins is held. What the
   * work gives or throws; a network that does not answer is not waited for.
   */
  lull<T>(id: MachineId, work: () => Promise<T>): Promise<T>;
  /** Takes all adapters of a machine off. Never rejects. */
  unplug(id: MachineId): Promise<void>;
  /** What machines have sent and received; undefined for one that is on no network. Never rejects. */
  traffic(): Promise<(id: MachineId) => Traffic | undefined>;
}

/** Adapters that are connected to nothing. */
export const NO_NETWORKS: MachineNetworks = {
  beginSession: () => undefined,
  plug: async () => undefined,
  lull: (_, work) => work(),
  unplug: async () => undefined,
  traffic: async () => () => undefined,
};
