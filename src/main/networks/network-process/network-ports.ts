import { InnError } from '../../../shared/errors.ts';
import type { KnownAddress } from '../switch/address-book.ts';
import type { PortCounters } from '../switch/counters.ts';
import type { PortChange, PortSettings } from '../switch/port-settings.ts';
import type { VirtualSwitch } from '../switch/virtual-switch.ts';
import { FrameLink } from './frame-link.ts';

/** One adapter of a machine as the core asks for it. */
export interface PortRequest {
  /** `<machine id>/<adapter index>`. */
  id: string;
  /** Socket on which the machine listens for the frames of that adapter. */
  path: string;
  settings: PortSettings;
}

export interface PortState extends PortRequest {
  /** Whether the machine's end is there. */
  isUp: boolean;
  counters: PortCounters;
}

/** The machines' ports of one switch, each with its connection. */
export class NetworkPorts {
  readonly #switch: VirtualSwitch;
  readonly #links = new Map<string, FrameLink>();

  constructor(network: VirtualSwitch) {
    this.#switch = network;
  }

  /** Whether any machine is there. */
  get isBusy(): boolean {
    return [...this.#links.values()].some(({ isUp }) => isUp);
  }

  /**
   * Makes the port, and goes on connecting to its machine until it is removed. One that is there already with the same
   * socket and address only takes the settings: a core that comes back says again what it wants.
   * @throws InnError `CONFLICT` when the address belongs to another port
   */
  add({ id, path, settings }: PortRequest): void {
    const port = this.#switch.ports.get(id);
    if (port && this.#links.get(id)?.path === path && port.settings.macAddress === settings.macAddress) {
      this.#switch.changePort(id, settings);
      return;
    }
    this.remove(id);
    const added = this.#onSwitch(() => this.#switch.addPort(id, settings), 'CONFLICT');
    this.#links.set(id, new FrameLink(path, added, this.#switch));
  }

  /** @throws InnError `INVALID_STATE` when there is no such port */
  change(id: string, change: PortChange): void {
    this.#onSwitch(() => this.#switch.changePort(id, change), 'INVALID_STATE');
  }

  /** @returns the last state of the port with all that was counted; undefined when there is none */
  remove(id: string): PortState | undefined {
    const last = this.list().find((state) => state.id === id);
    this.#links.get(id)?.close();
    this.#links.delete(id);
    this.#switch.removePort(id);
    return last;
  }

  list(): PortState[] {
    return [...this.#links].flatMap(([id, { path, isUp }]) => {
      const port = this.#switch.ports.get(id);
      return port ? [{ id, path, settings: port.settings, isUp, counters: port.counters }] : [];
    });
  }

  table(): KnownAddress[] {
    return this.#switch.table();
  }

  close(): void {
    for (const id of [...this.#links.keys()]) this.remove(id);
  }

  #onSwitch<T>(act: () => T, code: 'CONFLICT' | 'INVALID_STATE'): T {
    try {
      return act();
    } catch (error) {
      if (error instanceof RangeError) throw new InnError(code, error.message, { cause: error });
      throw error;
    }
  }
}
