import type { Socket } from 'node:net';
import type { BusListener, Emulator } from './emulator-types.ts';
import { FrameReader, frameHeader } from './frame-stream.ts';
import { SocketServer } from './socket-server.ts';
import type { PlannedAdapter } from './v86-options.ts';

/** Frames that wait for a peer that does not read, in bytes; those beyond are dropped, as a full switch does. */
const MAX_UNREAD_BYTES = 4 * 1024 ** 2;
/** Bit of a virtio network device's status: the link is up (VIRTIO 1.2, 5.1.4). */
const LINK_UP = 1;
const DRIVER_OK = 4;

/**
 * The network adapter: its address, its cable, its counters, and for a network of frames its socket. All frames of v86,
 * its own user-mode network's too, pass the gates that are put in here.
 */
export class NetworkPort {
  receivedBytes = 0;
  sentBytes = 0;
  readonly #emulator: Emulator;
  readonly #adapter: PlannedAdapter;
  #isUp: boolean;
  #server: SocketServer | undefined;

  constructor(emulator: Emulator, adapter: PlannedAdapter) {
    this.#emulator = emulator;
    this.#adapter = adapter;
    this.#isUp = adapter.isCableConnected;
    this.#setMacAddress(adapter.macAddress);
    if (adapter.network === 'frames') emulator.add_listener('net0-send', (frame) => this.#send(frame));
    gate(emulator.bus.listeners['net0-send'], (frame) => this.#mayPass(frame, 'out'));
    gate(emulator.v86.bus.listeners['net0-receive'], (frame) => this.#mayPass(frame, 'in'));
    this.#showLink();
  }

  /** Opens the frame socket; for other networks it does nothing. */
  async listen(socketPath: string): Promise<void> {
    if (this.#adapter.network !== 'frames') return;
    this.#server = new SocketServer((socket) => this.#accept(socket));
    await this.#server.listen(socketPath);
  }

  close(): void {
    this.#server?.close();
  }

  /** Plugs the cable in or pulls it out. A guest with a virtio adapter is told. */
  setCable(isConnected: boolean): void {
    this.#isUp = isConnected;
    this.#showLink();
  }

  #mayPass(frame: Uint8Array, direction: 'in' | 'out'): boolean {
    if (!this.#isUp) return false;
    if (direction === 'in') this.receivedBytes += frame.length;
    else this.sentBytes += frame.length;
    return direction === 'out' || this.#hasDriver();
  }

  /** Without a driver v86 would take what lies at address 0 for the queue, and write the frame to wherever that points. */
  #hasDriver(): boolean {
    const { virtio_net: device } = this.#emulator.v86.cpu.devices;
    return !device || Boolean(device.virtio.queues[0]?.is_configured());
  }

  #setMacAddress(address: Uint8Array): void {
    const { net, virtio_net } = this.#emulator.v86.cpu.devices;
    const device = net ?? virtio_net;
    if (device) device.mac = address;
    // The older card also holds its address in its own memory, each octet twice.
    net?.memory.set([...address].flatMap((octet) => [octet, octet]));
    const text = [...address].map((octet) => octet.toString(16).padStart(2, '0')).join(':');
    this.#emulator.v86.bus.send('net0-mac', text); // the user-mode network answers to this address
  }

  #showLink(): void {
    const device = this.#emulator.v86.cpu.devices.virtio_net;
    if (!device) return;
    device.status = this.#isUp ? LINK_UP : 0;
    if (device.virtio.device_status & DRIVER_OK) device.virtio.notify_config_changes();
  }

  /** One peer at a time, the last one that came: what connects again may be faster than the end of its old connection. */
  #accept(socket: Socket): void {
    for (const peer of this.#server?.clients ?? []) if (peer !== socket) peer.destroy();
    const reader = new FrameReader();
    socket.on('data', (bytes) => {
      const frames = reader.push(bytes);
      for (const frame of frames) this.#emulator.bus.send('net0-receive', frame);
      if (reader.isBroken) socket.destroy();
    });
  }

  #send(frame: Uint8Array): void {
    for (const peer of this.#server?.clients ?? []) {
      if (peer.writableLength > MAX_UNREAD_BYTES) continue;
      peer.write(Buffer.concat([frameHeader(frame), frame]));
    }
  }
}

/** Puts one question before all who hear a frame: asking it counts the frame. */
function gate(listeners: BusListener[] | undefined, mayPass: (frame: Uint8Array) => boolean): void {
  let isOpen = false;
  for (const [index, listener] of (listeners ?? []).entries()) {
    const { fn } = listener;
    listener.fn = function (this: unknown, frame: Uint8Array) {
      if (index === 0) isOpen = mayPass(frame);
      if (isOpen) fn.call(this, frame);
    };
  }
}
