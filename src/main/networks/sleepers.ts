import { isTransient } from '../../shared/machine-state.ts';
import type { MachineId } from '../../shared/model/machine.ts';
import { isAsleep, type NetworkedMachine } from './gateway-plan.ts';

export interface SleepersDeps {
  machines: () => readonly NetworkedMachine[];
  /** Wakes a machine that sleeps. Never rejects. */
  wake: (machine: MachineId) => Promise<void>;
}

/** Which machines sleep, or are about to, and for which of them somebody waits. */
export class Sleepers {
  readonly #deps: SleepersDeps;
  /** Those that are being put to sleep. */
  readonly #lulled = new Set<MachineId>();
  readonly #waitedFor = new Set<MachineId>();

  constructor(deps: SleepersDeps) {
    this.#deps = deps;
  }

  /** One that is being put to sleep is on its way already, whatever it does. */
  machines(): NetworkedMachine[] {
    const isGoing = (each: NetworkedMachine): boolean => this.#lulled.has(each.id) && !isAsleep(each);
    return this.#deps.machines().map((each) => (isGoing(each) ? { ...each, state: 'Saving' } : each));
  }

  /** Counts a machine to those that sleep while work goes on that puts it to sleep. */
  async during<T>(id: MachineId, work: () => Promise<T>): Promise<T> {
    this.#lulled.add(id);
    try {
      return await work();
    } finally {
      this.#lulled.delete(id);
    }
  }

  /** Somebody waits for a machine. */
  call(id: MachineId): void {
    this.#waitedFor.add(id);
    this.wakeCalled();
  }

  /** One that is just going to sleep is woken when it has; one that a person turns off is left alone. */
  wakeCalled(): void {
    for (const id of this.#waitedFor) {
      const machine = this.#deps.machines().find((each) => each.id === id);
      if (machine && (isTransient(machine.state) || this.#lulled.has(id))) continue;
      this.#waitedFor.delete(id);
      if (machine && isAsleep(machine)) void this.#deps.wake(id);
    }
  }
}
