import { rm } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import { InnError } from '../../../shared/errors.ts';
import { mergeDown, mergeUp } from '../../media/formats/merge-images.ts';
import { childIndex, type DiskMerge, imagesAfter, imagesOf, type MergeRequest } from '../disk-merge.ts';
import type {
  Exit,
  GuestUsage,
  RuntimeRecord,
  Screenshot,
  Session,
  SessionStatus,
  SnapshotRequest,
} from '../engine.ts';
import type { Hotplug } from '../hotplug.ts';
import type { ResolvedDrive } from '../start-spec.ts';
import { FAKE_AGENT } from './fake-agent.ts';
import { FakeHotplug } from './fake-hotplug.ts';
import type { FakeMachine } from './fake-machine.ts';
import { fakeScreenshot } from './fake-screen.ts';
import type { FakeMoment, FakeScript } from './fake-script.ts';

const KEYS: Record<string, string> = { ret: '\n', spc: ' ', minus: '-', dot: '.' };

/** One session with a fake machine; several may hold the same one, as several cores may after a crash. */
export class FakeSession implements Session {
  readonly exit: Promise<Exit>;
  readonly guestAgent = FAKE_AGENT;
  readonly hotplug: Hotplug;
  readonly #machine: FakeMachine;
  readonly #script: () => FakeScript;
  readonly #stops: (() => void)[] = [];

  /** @param script asked at each call, so that a test can change it under way */
  constructor(machine: FakeMachine, script: () => FakeScript) {
    this.#machine = machine;
    this.#script = script;
    this.exit = machine.exit;
    this.hotplug = new FakeHotplug(() => this.#moment('plug'), machine.plugged);
  }

  get runtime(): RuntimeRecord {
    return this.#machine.runtime;
  }

  async status(): Promise<SessionStatus> {
    await this.#moment('status');
    return this.#machine.status;
  }

  onStatus(listener: (status: SessionStatus) => void): () => void {
    const stop = this.#machine.onStatus(listener);
    this.#stops.push(stop);
    return stop;
  }

  async pause(): Promise<void> {
    await this.#moment('pause');
    this.#machine.stand();
  }

  async resume(): Promise<void> {
    await this.#moment('resume');
    this.#machine.run();
  }

  async reset(): Promise<void> {
    await this.#moment('reset');
    this.#machine.reset();
  }

  async powerButton(): Promise<void> {
    await this.#moment('powerButton');
    if (!this.#script().ignoresPowerButton) queueMicrotask(() => this.#machine.end({ kind: 'guestShutdown' }));
  }

  async powerOff(): Promise<void> {
    if (this.#machine.isGone) return;
    await this.#script().before.powerOff?.(this.#machine);
    this.#machine.end({ kind: 'powerOff' });
  }

  async saveState(file: string, { signal }: { signal: AbortSignal }): Promise<void> {
    const before = this.#machine.status;
    this.#machine.stand();
    try {
      assertNotCancelled(signal);
      await this.#moment('saveState');
      this.#machine.save(file);
      assertNotCancelled(signal);
    } catch (error) {
      if (signal.aborted) await rm(file, { force: true });
      if (before.state === 'Running' && !this.#machine.isGone) this.#machine.run();
      throw error;
    }
  }

  async keepState(file: string): Promise<void> {
    await this.#moment('keepState');
    this.#machine.save(file);
  }

  async takeSnapshot(request: SnapshotRequest): Promise<void> {
    const { stateFile, drives, signal } = request;
    const before = this.#machine.status;
    this.#machine.stand();
    try {
      request.onStill();
    } catch (error) {
      if (before.state === 'Running') this.#machine.run();
      throw error;
    }
    await this.#moment('takeSnapshot');
    this.#machine.switchDrives(drives);
    if (stateFile !== null) this.#machine.save(stateFile);
    if (before.state === 'Running') this.#machine.run();
    request.onSwitched(1);
    await this.#moment('writeSnapshot');
    if (!signal.aborted) return;
    if (stateFile !== null) await rm(stateFile, { force: true });
    throw new InnError('CANCELLED', 'Writing the state was cancelled.');
  }

  /** The guest writes nothing of its own accord, so the images can be merged as those of a machine at rest. */
  async mergeDisk(request: MergeRequest): Promise<void> {
    await this.#moment('mergeDisk');
    const [child, hidden, ...below] = imagesOf(request).slice(childIndex(request));
    if (!child || !hidden) return;
    const { signal, onProgress } = request;
    if (request.way === 'down') await mergeDown(child, [hidden, ...below], { signal, onProgress });
    else await mergeUp([child, hidden, ...below], { signal, onProgress });
    request.onMerged();
    const [top, ...backing] = imagesAfter(request);
    const { drive } = request;
    if (drive.medium && top) this.#machine.switchDrives([{ ...drive, medium: { ...drive.medium, ...top, backing } }]);
  }

  async settleMerge(_merge: DiskMerge): Promise<boolean> {
    await this.#moment('settleMerge');
    return false;
  }

  async finishMerge(): Promise<void> {
    await this.#moment('finishMerge');
  }

  async setCpuLimit(percent: number): Promise<void> {
    await this.#moment('setCpuLimit');
    this.#machine.cpuLimitPercent = percent;
  }

  async setMemoryTarget(memoryMiB: number): Promise<void> {
    await this.#moment('setMemoryTarget');
    this.#machine.inflate(memoryMiB);
  }

  async changeMedium(_drive: ResolvedDrive): Promise<void> {
    await this.#moment('changeMedium');
  }

  async setLink(adapterIndex: number, isConnected: boolean): Promise<void> {
    await this.#moment('setLink');
    this.#machine.links.set(adapterIndex, isConnected);
  }

  async sendKeys(keys: string[]): Promise<void> {
    await this.#moment('sendKeys');
    this.#machine.keys.push(keys);
    this.#machine.type(keys.map((key) => KEYS[key] ?? (key.length === 1 ? key : '')).join(''));
  }

  async typeText(text: string): Promise<void> {
    await this.#moment('typeText');
    this.#machine.type(text);
  }

  async screenshot(): Promise<Screenshot> {
    await this.#moment('screenshot');
    return fakeScreenshot();
  }

  async openChannel(channel: 'screen' | 'serial'): Promise<Duplex> {
    await this.#moment('openChannel');
    return channel === 'serial' ? this.#machine.openSerial() : this.#machine.openScreen();
  }

  async sample(): Promise<GuestUsage> {
    await this.#moment('sample');
    return this.#machine.sample();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const stop of this.#stops) stop();
  }

  /** Lets the script step in; the machine must be there before and after. */
  async #moment(moment: FakeMoment): Promise<void> {
    this.#machine.assertAlive();
    await this.#script().before[moment]?.(this.#machine);
    this.#machine.assertAlive();
  }
}

function assertNotCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new InnError('CANCELLED', 'Saving the state was cancelled; the machine goes on.');
}
