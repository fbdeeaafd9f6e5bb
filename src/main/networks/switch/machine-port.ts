import { DROP_REASONS, type DropReason, newCounters, type PortCounters } from './counters.ts';
import { DelayLine, type SwitchClock } from './delay-line.ts';
import type { TakeFrame } from './frame-sink.ts';
import { isPerfect, type LineSettings, LinkModel } from './link-model.ts';
import { parseMac } from './mac.ts';
import { Outlet, type OutletParts } from './outlet.ts';
import type { FrameSource } from './port.ts';
import type { PortSettings } from './port-settings.ts';
import { StormControl } from './storm-control.ts';

export interface MachinePortParts extends OutletParts {
  clock: SwitchClock;
  random: () => number;
  /** Where frames of the guest go that were held back. */
  onLate: TakeFrame;
  /** Called when frames have come out of a line. */
  onSettled: () => void;
}

/** Takes a frame that is on its way to the guest; the bytes are lent. @returns whether the guest does not get it */
export type Diversion = (frame: Uint8Array) => boolean;

/** The port of one adapter: its settings, its lines both ways, its counters. What may go where is the switch's part. */
export class MachinePort {
  readonly kind = 'machine';
  readonly id: string;
  readonly mac: number;
  readonly counters: PortCounters = newCounters();
  readonly storm = new StormControl();
  settings: PortSettings;
  source: FrameSource;
  /** Towards the guest. */
  readonly outlet: Outlet;
  /** Probes that wait for answers which are theirs, not the guest's. */
  readonly diversions = new Set<Diversion>();
  #isProbing = false;
  readonly #parts: MachinePortParts;
  #outLine: DelayLine | undefined;
  #inLine: DelayLine | undefined;
  /** Who sent what comes out of the line towards the guest, for the fair share in the sink: this port itself. */
  readonly #lateSender = {};

  constructor(id: string, settings: PortSettings, parts: MachinePortParts) {
    this.id = id;
    this.mac = parseMac(settings.macAddress);
    this.#parts = parts;
    this.outlet = new Outlet(this.counters, parts);
    this.settings = settings;
    this.source = { portId: id, profile: settings.profile, macAddress: settings.macAddress };
    this.change(settings);
  }

  change(settings: PortSettings): void {
    this.settings = settings;
    this.source = { portId: this.id, profile: settings.profile, macAddress: settings.macAddress };
    const { clock, onLate, onSettled } = this.#parts;
    const { delayMs = 0, lossPercent = 0 } = settings.conditions ?? {};
    const line = (line: DelayLine | undefined, bitsPerSecond: number | null, take: TakeFrame) =>
      this.#retune(line, { bitsPerSecond, delayMs, lossPercent }, () => ({ clock, take, done: onSettled }));
    this.#outLine = line(this.#outLine, settings.limitOutBitsPerSecond, onLate);
    this.#inLine = line(this.#inLine, settings.limitInBitsPerSecond, (bytes, start, end) => {
      this.#hand(bytes, start, end, this.#lateSender);
    });
    if (!settings.isCableConnected) this.#empty();
  }

  /** What the line from the guest makes of a frame. */
  admit(bytes: Buffer, start: number, end: number, nowMs: number): 'now' | 'held' | DropReason {
    return this.#outLine && !this.#isProbing ? this.#outLine.offer(bytes, start, end, nowMs) : 'now';
  }

  /**
   * Runs `send`, which brings a frame of a probe in here. Delay, loss and limits of the line do not hold it, for they say
   * nothing about where it may go; and it is not counted.
   * @returns why the switch kept it; undefined: it did not
   */
  probe(send: () => void): DropReason | undefined {
    const { dropped, ...counted } = this.counters;
    const before = { ...dropped };
    this.#isProbing = true;
    try {
      send();
      return DROP_REASONS.find((reason) => dropped[reason] > before[reason]);
    } finally {
      this.#isProbing = false;
      Object.assign(this.counters, counted);
      Object.assign(dropped, before);
    }
  }

  /** Brings a frame towards the guest, and counts it or why it could not be. */
  deliver(bytes: Buffer, start: number, end: number, sender: object, nowMs: number): void {
    if (this.diversions.size > 0 && this.#isDiverted(bytes, start, end)) return;
    const fate = this.#inLine ? this.#inLine.offer(bytes, start, end, nowMs) : 'now';
    if (fate === 'now') this.#hand(bytes, start, end, sender);
    else if (fate !== 'held') this.counters.dropped[fate] += 1;
  }

  close(): void {
    this.#empty();
    this.outlet.sink = undefined;
  }

  #isDiverted(bytes: Buffer, start: number, end: number): boolean {
    const frame = bytes.subarray(start, end);
    const isDiverted = [...this.diversions].some((take) => take(frame));
    if (isDiverted) this.#parts.onDelivered(bytes, start, end);
    return isDiverted;
  }

  #empty(): void {
    this.#outLine?.close();
    this.#inLine?.close();
  }

  #hand(bytes: Buffer, start: number, end: number, sender: object): void {
    if (this.settings.isCableConnected) this.outlet.hand(bytes, start, end, sender);
    else this.counters.dropped.cable += 1;
  }

  /** A line with its new settings; none when it would do nothing and nothing is in it. */
  #retune(
    line: DelayLine | undefined,
    settings: LineSettings,
    parts: () => { clock: SwitchClock; take: TakeFrame; done: () => void },
  ): DelayLine | undefined {
    if (line) line.model.change(settings);
    if (line || isPerfect(settings)) return line;
    const { clock, take, done } = parts();
    return new DelayLine(new LinkModel(settings, this.#parts.random), clock, { take, done });
  }
}
