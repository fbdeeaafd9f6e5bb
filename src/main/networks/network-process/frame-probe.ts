import { createServer, type Server, type Socket } from 'node:net';
import * as z from 'zod';
import { InnError } from '../../../shared/errors.ts';
import type { GatewayProbe } from '../gateway/gateway-probe.ts';
import type { RuleId } from '../gateway/policy.ts';
import type { DropReason } from '../switch/counters.ts';
import { HEADER_BYTES } from '../switch/framing.ts';
import type { MachinePort } from '../switch/machine-port.ts';
import type { VirtualSwitch } from '../switch/virtual-switch.ts';
import { type Answer, answerTo, ask, type Ends, endsOf, giveUp, type Question } from './probe-frames.ts';

const address = z.ipv4();
const port = z.int().min(1).max(65_535);

/**
 * One frame to try.
 *
 * | kind | what is sent | how far it goes |
 * |---|---|---|
 * | `echo` | a ping | to whoever answers |
 * | `tcp`, `udp` | a SYN, an empty datagram | to where the gateway would open a socket; it opens none |
 * | `service` | a SYN to a port that the probe opens on this computer's loopback meanwhile | to that port and back |
 */
export const FrameProbe = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('echo'), address }),
  z.strictObject({ kind: z.enum(['tcp', 'udp']), address, port }),
  z.strictObject({ kind: z.literal('service'), address }),
]);
export type FrameProbe = z.infer<typeof FrameProbe>;

export const FrameProbeRequest = z.strictObject({
  /** The port of the machine that would send. */
  portId: z.string(),
  /** The address that the machine has. */
  sourceAddress: z.ipv4(),
  /** Where it would send what is for the outside. */
  gatewayMac: z.string(),
  frames: z.array(FrameProbe).min(1).max(32),
  timeoutMs: z.int().min(1).max(10_000),
});
export type FrameProbeRequest = z.infer<typeof FrameProbeRequest>;

/** What became of a frame, as it was seen from outside. */
export type FrameFate =
  | { fate: 'answered' }
  /** The gateway was about to open a socket to this place. */
  | { fate: 'wouldOpen'; address: string; port: number }
  /** By the gateway, with the rule that it named; `answer` is what came back to the port. */
  | { fate: 'refused'; rule: RuleId | null; answer: Answer | null }
  /** By the switch. */
  | { fate: 'dropped'; reason: DropReason }
  /** Nobody took it. */
  | { fate: 'silent' }
  /** A socket was opened for it, but nothing came back in time. */
  | { fate: 'late' };

/** The part of a gateway that probes need. */
export interface ProbedGateway {
  watch(probe: GatewayProbe, send: () => void): void;
}

/**
 * Sends frames as the machine at a port would and watches what becomes of them: they go through the switch and the gateway
 * as its own do. Answers do not reach the guest, nothing is counted, and no connection stays.
 * @param gateway undefined where the network has none
 * @throws InnError `INVALID_STATE` when there is no such port
 */
export async function probeFrames(
  network: VirtualSwitch,
  gateway: ProbedGateway | undefined,
  { portId, sourceAddress, gatewayMac, frames, timeoutMs }: FrameProbeRequest,
): Promise<{ fates: FrameFate[] }> {
  const machine = network.ports.get(portId);
  if (!machine) throw new InnError('INVALID_STATE', `There is no adapter '${portId}' here.`);
  const fates = frames.map(async (frame) => {
    const ends = endsOf(machine.settings.macAddress, sourceAddress, gatewayMac, frame.address);
    const trial = new Trial({ network, gateway, machine, timeoutMs });
    if (frame.kind === 'service') return probeService(trial, ends);
    return trial.run(ask(frame.kind, ends, frame.kind === 'echo' ? 0 : frame.port));
  });
  return { fates: await Promise.all(fates) };
}

/** Listens for one connection of the probe's own, and lets go of it when it was answered. */
async function probeService(trial: Trial, ends: Ends): Promise<FrameFate> {
  const visitors = new Set<Socket>();
  const server = createServer((socket) => visitors.add(socket.on('error', () => undefined)));
  try {
    const listening = await listen(server);
    const question = ask('tcp', ends, listening);
    const fate = await trial.run(question, (to, at) => to === LOOPBACK && at === listening);
    trial.send(giveUp(question));
    return fate;
  } finally {
    for (const socket of visitors) socket.destroy();
    server.close();
  }
}

const LOOPBACK = '127.0.0.1';

async function listen(server: Server): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).listen(0, LOOPBACK, resolve);
  await promise;
  const bound = server.address();
  return typeof bound === 'object' && bound ? bound.port : 0;
}

interface TrialParts {
  network: VirtualSwitch;
  gateway: ProbedGateway | undefined;
  machine: MachinePort;
  timeoutMs: number;
}

/** The journey of one frame. */
class Trial {
  readonly #parts: TrialParts;
  #rule: RuleId | null = null;
  #place: { address: string; port: number } | undefined;
  #isOpened = false;

  constructor(parts: TrialParts) {
    this.#parts = parts;
  }

  /** @param mayOpen whether the gateway may open a socket to this place for it; by default to none */
  async run(question: Question, mayOpen: (address: string, port: number) => boolean = () => false): Promise<FrameFate> {
    const { diversions } = this.#parts.machine;
    const { promise: answered, resolve } = Promise.withResolvers<Answer | null>();
    const timer = setTimeout(() => resolve(null), this.#parts.timeoutMs);
    const divert = (frame: Uint8Array): boolean => {
      const answer = answerTo(question, frame);
      if (answer) resolve(answer);
      return answer !== undefined;
    };
    diversions.add(divert);
    try {
      const reason = this.send(question.bytes, mayOpen);
      if (reason) return { fate: 'dropped', reason };
      if (this.#place) return { fate: 'wouldOpen', ...this.#place };
      if (!this.#isOpened) resolve(null); // a gateway answers at once; only the host's side takes its time
      return this.#fateBy(await answered);
    } finally {
      clearTimeout(timer);
      diversions.delete(divert);
    }
  }

  /** Puts a frame on the switch. @returns why that kept it */
  send(bytes: Buffer, mayOpen: (address: string, port: number) => boolean = () => false): DropReason | undefined {
    const { network, gateway, machine } = this.#parts;
    const onOutside = (_: string, address: string, port: number): boolean => {
      const isOpened = mayOpen(address, port);
      if (isOpened) this.#isOpened = true;
      else this.#place = { address, port };
      return isOpened;
    };
    const onRefused = (rule: RuleId): void => {
      this.#rule = rule;
    };
    const send = (): void => {
      network.receive(machine, bytes, HEADER_BYTES, bytes.length);
      network.flush();
    };
    return machine.probe(() => (gateway ? gateway.watch({ onOutside, onRefused }, send) : send()));
  }

  #fateBy(answer: Answer | null): FrameFate {
    if (answer === 'echo' || answer === 'accepted') return { fate: 'answered' };
    if (this.#rule || answer) return { fate: 'refused', rule: this.#rule, answer };
    return { fate: this.#isOpened ? 'late' : 'silent' };
  }
}
