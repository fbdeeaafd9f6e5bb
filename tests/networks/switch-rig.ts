import type { SwitchClock } from '../../src/main/networks/switch/delay-line.ts';
import type { FrameSink } from '../../src/main/networks/switch/frame-sink.ts';
import type { MachinePort } from '../../src/main/networks/switch/machine-port.ts';
import type { FrameSource, MemberLink } from '../../src/main/networks/switch/port.ts';
import type { PortSettings } from '../../src/main/networks/switch/port-settings.ts';
import { type SwitchOptions, VirtualSwitch } from '../../src/main/networks/switch/virtual-switch.ts';
import { framed, macOf } from './frames.ts';

export const USUAL_PORT: Omit<PortSettings, 'macAddress'> = {
  isCableConnected: true,
  profile: 'standard',
  promiscuous: 'deny',
  limitInBitsPerSecond: null,
  limitOutBitsPerSecond: null,
  conditions: null,
};

/** Time that stands still until it is moved on. */
export class HandClock implements SwitchClock {
  #nowMs = 0;
  readonly #timers = new Set<{ atMs: number; act: () => void }>();

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, act: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, act };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs);
      if (!next) break;
      this.#timers.delete(next);
      this.#nowMs = next.atMs;
      next.act();
    }
    this.#nowMs = endMs;
  }
}

/** One machine at a switch: what it was sent, as it would read it. */
export class RigMachine {
  readonly received: Buffer[] = [];
  /** What it has room for until the next `take`. */
  room = Number.POSITIVE_INFINITY;
  readonly port: MachinePort;
  readonly #switch: VirtualSwitch;

  constructor(network: VirtualSwitch, port: MachinePort) {
    this.#switch = network;
    this.port = port;
    const sink: FrameSink = {
      push: (bytes, start, end) => {
        if (this.received.length >= this.room) return false;
        this.received.push(Buffer.from(bytes.subarray(start, end)));
        return true;
      },
      flush: () => {},
    };
    port.outlet.sink = sink;
  }

  send(frame: Uint8Array): void {
    const bytes = framed(frame);
    this.#switch.receive(this.port, bytes, 4, bytes.length);
    this.#switch.flush();
  }

  /** What came since the last time. */
  take(): Buffer[] {
    return this.received.splice(0);
  }
}

/** A member such as the gateway: number 200, 10.0.2.1. */
export class RigMember {
  readonly received: { frame: Buffer; source: FrameSource }[] = [];
  readonly link: MemberLink;

  constructor(network: VirtualSwitch) {
    this.link = network.attach({
      id: 'gateway',
      macAddress: macOf(200),
      ipv4Addresses: ['10.0.2.1'],
      receive: (frame, source) => this.received.push({ frame: Buffer.from(frame), source }),
    });
  }
}

export class SwitchRig {
  readonly clock = new HandClock();
  readonly network: VirtualSwitch;

  constructor(options: Partial<SwitchOptions> = {}) {
    this.network = new VirtualSwitch({ isolatesPorts: false, mtu: 1500, seed: 1, clock: this.clock, ...options });
  }

  /** A machine whose adapter has the address `macOf(number)`. */
  machine(number: number, settings: Partial<PortSettings> = {}): RigMachine {
    const port = this.network.addPort(`machine-${number}`, { macAddress: macOf(number), ...USUAL_PORT, ...settings });
    return new RigMachine(this.network, port);
  }
}
