import type { UplinkPort } from '../../src/main/networks/switch/uplink-port.ts';
import type { VirtualSwitch } from '../../src/main/networks/switch/virtual-switch.ts';
import { framed } from './frames.ts';

/** The host's own interface at a switch, and whoever is beyond: what was sent there, and a way to send from there. */
export class RigUplink {
  readonly port: UplinkPort;
  readonly #received: Buffer[] = [];
  readonly #switch: VirtualSwitch;

  constructor(network: VirtualSwitch, carriesAddresses = true) {
    this.#switch = network;
    this.port = network.addUplink({ carriesAddresses });
    this.port.outlet.sink = {
      push: (bytes, start, end) => this.#received.push(Buffer.from(bytes.subarray(start, end))) > 0,
      flush: () => {},
    };
  }

  send(frame: Uint8Array): void {
    const bytes = framed(frame);
    this.#switch.receive(this.port, bytes, 4, bytes.length);
    this.#switch.flush();
  }

  /** What went out since the last time. */
  take(): Buffer[] {
    return this.#received.splice(0);
  }
}
