import type { Socket } from 'node:net';
import type { Emulator } from './emulator-types.ts';
import { FrameReader, frameHeader } from './frame-stream.ts';
import { SocketServer } from './socket-server.ts';
import type { PlannedAdapter } from './v86-options.ts';

/** Frames that wait for a peer that does not read, in bytes; those beyond are dropped, as a full switch does. */
const MAX_UNREAD_BYTES = 4 * 1024 ** 2;
/** Bit of a virtio network device's status: the link is up (VIRTIO 1.2, 5.1.4). */
const LINK_UP = 1;
const DRIVER_OK = 4;

/** The network adapter: its address, its cable, its counters and its socket, whose peer is the network it is on. */
export class NetworkPort {
  receivedBytes = 0;
  sentBytes = 0;
  readonly #emulator: Emulator;
  #isUp: boolean;
  #server: SocketServer | undefined;

  constructor(emulator: Emulator, adapter: PlannedAdapter) {
    this.#emulator = emulator;
    this.#isUp = adapter.isCableConnected;
    this.#setMacAddress(adapter.macAddress);
    emulator.add_listener('net0-send', (frame) => this.#send(frame));
    this.#showLink();
  }

  /** Opens the frame socket. */
  async listen(socketPath: string): Promise<void> {
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
      for (const frame of frames) this.#receive(frame);
      if (reader.isBroken) socket.destroy();
    });
  }

  #receive(frame: Uint8Array): void {
    if (!this.#isUp) return;
    this.receivedBytes += frame.length;
    if (this.#hasDriver()) this.#emulator.bus.send('net0-receive', frame);
  }

  #send(frame: Uint8Array): void {
    if (!this.#isUp) return;
    this.sentBytes += frame.length;
    for (const peer of this.#server?.clients ?? []) {
      if (peer.writableLength > MAX_UNREAD_BYTES) continue;
      peer.write(Buffer.concat([frameHeader(frame), frame]));
    }
  }
}
