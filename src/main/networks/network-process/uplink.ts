import path from 'node:path';
import type { Uplink, UplinkState } from '../../../shared/model/uplink.ts';
import type { UplinkPort } from '../switch/uplink-port.ts';
import type { VirtualSwitch } from '../switch/virtual-switch.ts';
import { Carrier } from './carrier.ts';
import type { CarrierFailure } from './carrier-failure.ts';
import { FrameLink } from './frame-link.ts';

export interface UplinkHost {
  switch: VirtualSwitch;
  /** The runtime folder of the network. */
  runtimeFolder: string;
  /** Whether the network gives addresses itself. */
  hasGateway: boolean;
  log(message: string, error?: unknown): void;
  /** Tells the core something that it did not ask for. */
  emit(event: string, data?: Record<string, unknown>): void;
}

const FOLDER = 'uplink';
/** How long the network waits for its uplink before machines are let on, in milliseconds. */
const PATIENCE_MS = 10_000;

/**
 * The uplink of a network: a port of the switch, the carrier behind it, and what is the matter with them. The event
 * `UPLINK_CHANGED` tells each change of `isUp` or `failure`.
 */
export class NetworkUplink {
  readonly #port: UplinkPort;
  readonly #link: FrameLink;
  readonly #carrier: Carrier;
  readonly #host: UplinkHost;
  readonly #settled = Promise.withResolvers<void>();
  #failure: CarrierFailure | undefined;

  constructor(uplink: Uplink, host: UplinkHost) {
    this.#host = host;
    this.#port = host.switch.addUplink({ carriesAddresses: !host.hasGateway });
    this.#carrier = new Carrier({
      uplink,
      folder: path.join(host.runtimeFolder, FOLDER),
      log: (message, error) => host.log(message, error),
      onEnd: (failure) => this.#note(failure),
    });
    this.#link = new FrameLink(this.#carrier.socketPath, this.#port, host.switch, () => {
      this.#carrier.noteUp();
      this.#note(undefined);
    });
    void this.#carrier.start();
  }

  /** Resolves when it is up, or is known not to be, or nobody knows after some seconds. */
  async settled(): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, PATIENCE_MS);
    await Promise.race([this.#settled.promise, late]).finally(() => clearTimeout(timer));
  }

  state(): UplinkState {
    const { inFrames, inBytes, outFrames, outBytes } = this.#port.counters;
    return {
      ...{ isUp: this.#link.isUp, log: [...this.#carrier.lines], inFrames, inBytes, outFrames, outBytes },
      failure: this.#failure?.failure ?? null,
      cure: this.#failure?.cure ?? null,
    };
  }

  close(): void {
    this.#link.close();
    this.#carrier.close();
  }

  #note(failure: CarrierFailure | undefined): void {
    this.#failure = failure;
    this.#settled.resolve();
    this.#host.emit('UPLINK_CHANGED', { isUp: failure === undefined, failure: failure?.failure ?? null });
  }
}
