import type { Duplex } from 'node:stream';
import type { MachineId } from '../../shared/model/machine.ts';

/** Who uses machines by hand: open screens and serial ports, keys and texts that were sent. */
export class UseRecord {
  readonly #viewers = new Map<MachineId, number>();
  readonly #touched = new Set<MachineId>();

  /** Something was done with the machine just now. */
  touch(id: MachineId): void {
    this.#touched.add(id);
  }

  /** Counts as use until the channel is closed. */
  watch(id: MachineId, channel: Duplex): void {
    this.#viewers.set(id, (this.#viewers.get(id) ?? 0) + 1);
    channel.once('close', () => {
      const left = (this.#viewers.get(id) ?? 1) - 1;
      if (left > 0) this.#viewers.set(id, left);
      else this.#viewers.delete(id);
      this.touch(id);
    });
  }

  /** Whether it is attended, or was since this was last asked. */
  takeAttended(id: MachineId): boolean {
    return this.#touched.delete(id) || this.#viewers.has(id);
  }
}

interface Used {
  type(id: MachineId, text: string): Promise<void>;
  sendKeys(id: MachineId, keys: string[]): Promise<void>;
  openChannel(id: MachineId, channel: 'screen' | 'serial'): Promise<Duplex>;
}

/**
 * The three ways in which a person reaches into a machine, each noted as use; the console of a machine that sleeps wakes
 * it first.
 */
export function noteUses(runner: Used, uses: UseRecord, wakeIfAsleep: (id: MachineId) => Promise<void>): Used {
  return {
    type: (id, text) => {
      uses.touch(id);
      return runner.type(id, text);
    },
    sendKeys: (id, keys) => {
      uses.touch(id);
      return runner.sendKeys(id, keys);
    },
    openChannel: async (id, channel) => {
      await wakeIfAsleep(id);
      const stream = await runner.openChannel(id, channel);
      uses.watch(id, stream);
      return stream;
    },
  };
}
