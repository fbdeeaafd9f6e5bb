import { audioPart } from './audio.ts';
import { panicPart, tpmPart, watchdogPart } from './board.ts';
import { displayPart, pointerPart } from './display.ts';
import { firmwarePart, kernelPart } from './firmware.ts';
import { guestAgentPart } from './guest-agent.ts';
import { hotplugSlotsPart } from './hotplug-slots.ts';
import { clockPart, extrasPart, machinePart, memoryPart, processorPart } from './machine.ts';
import { monitorPart } from './monitors.ts';
import { networkPart } from './network.ts';
import type { CommandPart, CommandPlan } from './part.ts';
import { processPart, startPart } from './process.ts';
import { serialPart } from './serial.ts';
import { storagePart } from './storage.ts';

const PARTS: readonly ((plan: CommandPlan) => CommandPart)[] = [
  processPart,
  machinePart,
  processorPart,
  memoryPart,
  clockPart,
  firmwarePart,
  kernelPart,
  displayPart,
  pointerPart,
  hotplugSlotsPart, // before the devices, which sit in them when a state is restored
  storagePart,
  networkPart,
  serialPart,
  extrasPart,
  panicPart,
  watchdogPart,
  audioPart,
  tpmPart,
  guestAgentPart,
  monitorPart,
  startPart,
];

/**
 * The arguments with which QEMU runs the machine, as named parts in their order. Pure. The order of devices decides on
 * their places on the buses, so a saved state fits only the same command line.
 * @throws InnError `INVALID_CONFIG` when QEMU has no such hardware; `checkQemu` says it before
 */
export function commandLine(plan: CommandPlan): CommandPart[] {
  return PARTS.map((makePart) => makePart(plan)).filter((each) => each.arguments.length > 0);
}

export function toArguments(parts: CommandPart[]): string[] {
  return parts.flatMap((each) => each.arguments);
}
