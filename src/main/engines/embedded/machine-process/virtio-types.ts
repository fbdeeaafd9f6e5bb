/** Virtio devices of v86 0.5.462, read from the shipped build; see `emulator-types.ts`. */
/** A queue of a virtio device; of the console and the network card, the first takes what the guest is to read. */
export interface VirtioQueue {
  /** Whether the guest's driver has said where it lies. v86 asks for requests without asking this first. */
  is_configured(): unknown;
  has_request(): boolean;
  pop_request(): VirtioRequest;
}

/** What the guest put into a queue: buffers to read and to write, one after another. */
export interface VirtioRequest {
  readonly length_readable: number;
  /** Copies what there is to read, as far as the buffer holds. */
  get_next_blob(target: Uint8Array): number;
}

/** The balloon: queue 0 takes pages that the guest gives away, 1 those it takes back, 2 its statistics. */
export interface VirtioBalloon {
  /** Pages of 4096 bytes that the guest is asked to give away, and that it says it gave. */
  num_pages: number;
  actual: number;
  readonly virtio: { readonly queues: readonly VirtioQueue[]; notify_config_changes(): void };
  /** Asks for more pages than before, or fewer when negative. */
  Inflate(pages: number): void;
  /** Asks the guest for its statistics: bytes by name, such as `AVAIL`, each less than 4 GiB. */
  GetStats(done: (statistics: Record<string, number | undefined>) => void): void;
}

export interface VirtioConsole {
  readonly virtio: { readonly queues: readonly VirtioQueue[] };
}

export interface VirtioNetworkDevice {
  mac: Uint8Array;
  /** Bit 0: the link is up (VIRTIO 1.2, 5.1.4). */
  status: number;
  readonly virtio: {
    readonly device_status: number;
    readonly queues: readonly VirtioQueue[];
    notify_config_changes(): void;
  };
}
