import type { Hotplug } from '../hotplug.ts';
import type { ResolvedAdapter, ResolvedDrive } from '../start-spec.ts';

/** Notes what was plugged into a fake machine and taken out of it, for tests to look at. */
export class FakeHotplug implements Hotplug {
  readonly #moment: () => Promise<void>;
  readonly #changes: string[];

  /** @param moment lets the script step in; @param changes receives a line for each change */
  constructor(moment: () => Promise<void>, changes: string[]) {
    this.#moment = moment;
    this.#changes = changes;
  }

  attachDrive({ controller, port, device }: ResolvedDrive): Promise<void> {
    return this.#change(`+ drive ${controller} ${port}:${device}`);
  }

  detachDrive({ controller, port, device }: ResolvedDrive): Promise<void> {
    return this.#change(`- drive ${controller} ${port}:${device}`);
  }

  attachAdapter({ index }: ResolvedAdapter): Promise<void> {
    return this.#change(`+ adapter ${index}`);
  }

  detachAdapter(adapterIndex: number): Promise<void> {
    return this.#change(`- adapter ${adapterIndex}`);
  }

  setProcessors(count: number): Promise<void> {
    return this.#change(`= processors ${count}`);
  }

  async #change(line: string): Promise<void> {
    await this.#moment();
    this.#changes.push(line);
  }
}
