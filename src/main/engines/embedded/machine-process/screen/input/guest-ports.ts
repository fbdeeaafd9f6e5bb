import type { Emulator, EmulatorDevices } from '../../emulator-types.ts';
import type { KeyboardPort } from './keyboard.ts';
import type { PointerPort } from './pointer.ts';

/** Beyond this, v86's queues of 1024 are too near to being overrun, after which packets would be torn. */
const MAX_QUEUED = 256;

/** What v86's keyboard controller and VMware mouse offer beyond the declared part, read from version 0.5.462. */
interface InputDevices {
  readonly ps2: {
    readonly kbd_buffer: { readonly length: number };
    readonly mouse_buffer: { readonly length: number };
    readonly enable_keyboard_stream: boolean;
  };
  readonly vmware?: { readonly absolute: boolean; readonly queue: readonly number[] };
}

export function keyboardPortOf(emulator: Emulator): KeyboardPort {
  const { ps2 } = inputDevicesOf(emulator);
  return {
    send: (byte) => emulator.bus.send('keyboard-code', byte),
    pendingBytes: () => ps2.kbd_buffer.length,
    isListening: () => emulator.is_running() && ps2.enable_keyboard_stream,
  };
}

export function pointerPortOf(emulator: Emulator): PointerPort {
  const { ps2, vmware } = inputDevicesOf(emulator);
  const { bus } = emulator;
  return {
    isAbsolute: () => vmware?.absolute ?? false,
    isReady: () => ps2.mouse_buffer.length < MAX_QUEUED && (vmware?.queue.length ?? 0) < MAX_QUEUED,
    moveTo: (x, y, width, height) => bus.send('mouse-absolute', [x, y, width, height]),
    moveBy: (dx, dy) => bus.send('mouse-delta', [dx, -dy]),
    setButtons: (left, middle, right) => bus.send('mouse-click', [left, middle, right]),
    turnWheel: (notches) => bus.send('mouse-wheel', [notches, 0]),
  };
}

function inputDevicesOf(emulator: Emulator): EmulatorDevices & InputDevices {
  return emulator.v86.cpu.devices as EmulatorDevices & InputDevices;
}
