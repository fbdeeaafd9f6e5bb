import { log } from '../../../processes/process-log.ts';
import type { ProcessSpec } from '../process-spec.ts';
import { Balloon } from './balloon.ts';
import { type CpuLimit, limitCpu } from './cpu-limit.ts';
import { Drives } from './drives.ts';
import { createEmulator, readImages } from './emulator.ts';
import { GuestClock } from './guest-clock.ts';
import { patchMemoryImages } from './guest-memory.ts';
import { patchPciHotplug, patchPowerButton, patchReset, patchSoftOff } from './host-patches.ts';
import { type Ending, Machine } from './machine.ts';
import { NetworkPort } from './network-port.ts';
import { addPanicDevice } from './panic-device.ts';
import { createDisplay, type Display } from './screen/display.ts';
import { SerialPort } from './serial-port.ts';
import { readStateFile } from './state-file.ts';
import { StateKeeper } from './state-keeper.ts';
import { describeOrigin } from './state-origin.ts';
import { planEmulator } from './v86-options.ts';

/** Everything that makes up one machine, put together. */
export interface MachineParts {
  spec: ProcessSpec;
  machine: Machine;
  states: StateKeeper;
  display: Display;
  serial: SerialPort;
  network: NetworkPort | undefined;
  clock: GuestClock;
  balloon: Balloon;
  cpuLimit: CpuLimit;
  powerButton(): void;
  emit(event: string, data?: Record<string, unknown>): void;
}

export interface MachineHooks {
  emit(event: string, data?: Record<string, unknown>): void;
  onEnd(ending: Ending): void;
}

/**
 * Builds the machine that the spec describes. Its processor stands still; nothing listens yet.
 * @throws InnError for a spec that cannot be, a file that cannot be opened
 */
export async function buildMachine(spec: ProcessSpec, hooks: MachineHooks): Promise<MachineParts> {
  const { emit } = hooks;
  const plan = planEmulator(spec);
  const images = await readImages(spec);
  const drives = await Drives.open(plan.drives, {
    onFailure: (drive, failure) => machine.noteFailure(drive, failure),
    guard: (callback) => machine.guard(callback),
  });
  const { restoreFrom, isWarmStart } = spec;
  // Reading goes on in other threads while the emulator is built.
  const saved =
    restoreFrom === null
      ? undefined
      : describeOrigin(plan, images, drives).then((origin) => readStateFile(restoreFrom, origin, isWarmStart));
  saved?.catch(() => {}); // told when it is asked for
  const emulator = await createEmulator(plan, images);
  const clock = new GuestClock(emulator);
  const machine = new Machine(emulator, drives, clock, hooks);
  drives.connect(emulator);
  patchMemoryImages(emulator);
  patchPciHotplug(emulator);
  patchSoftOff(emulator, (type) => {
    if (type === 0) machine.noteSoftOff();
    else log(`the guest asked for sleep state ${type}, which is not offered`);
  });
  addPanicDevice(emulator, () => machine.noteGuestPanic());
  patchReset(emulator, images.kernel, () => machine.noteReset());
  const balloon = new Balloon(emulator, () => machine.state === 'running');
  const powerButton = patchPowerButton(emulator);
  const network = plan.adapter ? new NetworkPort(emulator, plan.adapter) : undefined;
  const serial = new SerialPort(emulator);
  const display = createDisplay({ name: spec.name, log });
  display.attach(emulator);
  const cpuLimit = limitCpu(emulator.v86, spec.capPercent);
  const refreshScreen = (): void => display.attach(emulator);
  const states = new StateKeeper({ spec, plan, images, machine, network, refreshScreen, saved });
  return { spec, machine, states, display, serial, network, clock, balloon, cpuLimit, powerButton, emit };
}
