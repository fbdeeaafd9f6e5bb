import * as z from 'zod';
import { consoleCalls } from './console-contract.ts';
import { call, MachineRef, Nothing } from './contract-call.ts';
import { guestCalls } from './guest-contract.ts';
import { EngineId } from './model/engine.ts';
import { Audio, Motherboard } from './model/hardware.ts';
import { Issue, Machine, MachineConfig, MachineId } from './model/machine.ts';
import { ImageVariant, MediumFormat, MediumId } from './model/medium.ts';
import { Resources } from './model/resources.ts';
import { CloneKind } from './model/snapshot.ts';
import { SnapshotRef } from './snapshot-contract.ts';

const OneMachine = z.object({ machine: MachineRef });

/** What a new machine is made from. Absent fields take the recommendation of the OS type. */
export const CreateMachineInput = z.object({
  name: z.string(),
  osType: z.string().optional(),
  engine: MachineConfig.shape.engine.optional(),
  memoryMiB: z.int().optional(),
  processors: z.int().optional(),
  capPercent: z.int().optional(),
  description: z.string().optional(),
  group: z.string().optional(),
  /** Boots the guest that comes with the program. */
  isDemo: z.boolean().optional(),
  /** Linux kernel to start directly, with its initrd and command line. */
  kernelPath: z.string().optional(),
  initrdPath: z.string().optional(),
  commandLine: z.string().optional(),
  /** A new empty disk of this size in the machine's folder; null for none. */
  diskSizeBytes: z.int().positive().nullable().optional(),
  /** Of the new disk; by default the best that the engine can use. */
  diskFormat: MediumFormat.optional(),
  diskVariant: ImageVariant.optional(),
  /** An existing disk image to attach. */
  diskPath: z.string().optional(),
  isoPath: z.string().optional(),
  floppyPath: z.string().optional(),
  keepsWarmStart: z.boolean().optional(),
  /** What is left out is as the OS type recommends, as far as an engine here can give it. */
  motherboard: Motherboard.partial().optional(),
  audio: Audio.partial().optional(),
  priority: Resources.shape.priority.optional(),
});
export type CreateMachineInput = z.infer<typeof CreateMachineInput>;

const action = (path: string, summary: string) =>
  call
    .route({ method: 'POST', path: `/machines/{machine}/${path}`, summary, tags: ['machine'] })
    .input(OneMachine)
    .output(Machine);

export const machine = {
  ...guestCalls,
  list: call
    .route({ method: 'GET', path: '/machines', summary: 'All machines', tags: ['machine'] })
    .input(Nothing)
    .output(z.array(Machine)),
  get: call
    .route({ method: 'GET', path: '/machines/{machine}', summary: 'One machine', tags: ['machine'] })
    .input(OneMachine)
    .output(Machine),
  create: call
    .route({ method: 'POST', path: '/machines', summary: 'Create a machine', tags: ['machine'], successStatus: 201 })
    .input(CreateMachineInput)
    .output(Machine),
  check: call
    .route({
      method: 'POST',
      path: '/machines/check',
      summary: 'What would be wrong with a configuration, and which engine would run it',
      tags: ['machine'],
    })
    .input(z.object({ config: MachineConfig, machine: MachineRef.optional() }))
    .output(z.object({ issues: z.array(Issue), engine: EngineId.nullable(), engineReason: z.string() })),
  configure: call
    .route({
      method: 'PUT',
      path: '/machines/{machine}',
      summary: 'Replace the settings of a machine',
      tags: ['machine'],
    })
    .input(z.object({ machine: MachineRef, revision: z.int().positive(), config: MachineConfig }))
    .output(Machine),
  remove: call
    .route({
      method: 'DELETE',
      path: '/machines/{machine}',
      summary: 'Remove a machine, with or without its files',
      tags: ['machine'],
    })
    .input(z.object({ machine: MachineRef, deletesFiles: z.boolean().default(false) }))
    .output(z.object({ id: MachineId, deletedFiles: z.array(z.string()) })),
  clone: call
    .route({
      method: 'POST',
      path: '/machines/{machine}/clone',
      summary: 'Make another machine from this one, or from one of its snapshots',
      tags: ['machine'],
      successStatus: 201,
    })
    .input(
      z.object({
        machine: MachineRef,
        name: z.string().describe('Name of the new machine'),
        kind: CloneKind.default('full').describe('A linked clone keeps only what differs, and needs its source'),
        snapshot: SnapshotRef.optional(),
      }),
    )
    .output(Machine),
  start: call
    .route({
      method: 'POST',
      path: '/machines/{machine}/start',
      summary: 'Start, or restore the saved state',
      tags: ['machine'],
    })
    .input(
      z.object({
        machine: MachineRef,
        isDisposable: z.boolean().default(false).describe('Throw all changes to its disks away when it is powered off'),
      }),
    )
    .output(Machine),
  pause: action('pause', 'Stop the virtual processors'),
  resume: action('resume', 'Let the virtual processors run again'),
  reset: action('reset', 'Press the reset button'),
  powerButton: action('power-button', 'Press the ACPI power button; the guest decides what follows'),
  powerOff: action('power-off', 'Pull the plug'),
  saveState: action('save-state', 'Save the running state to a file and power off'),
  discardState: action('discard-state', 'Throw the saved state away'),
  keepWarmStart: action('keep-warm-start', 'Keep the present state for instant starts'),
  changeMedium: call
    .route({
      method: 'POST',
      path: '/machines/{machine}/change-medium',
      summary: 'Insert or eject a disc or floppy while it runs',
      tags: ['machine'],
    })
    .input(
      z.object({
        machine: MachineRef,
        controller: z.string(),
        port: z.int(),
        device: z.int(),
        mediumId: MediumId.nullable(),
      }),
    )
    .output(Machine),
  log: call
    .route({
      method: 'GET',
      path: '/machines/{machine}/log',
      summary: 'Last lines of the log of the machine',
      tags: ['machine'],
    })
    .input(z.object({ machine: MachineRef, lines: z.coerce.number().int().min(1).max(5000).default(200) }))
    .output(z.object({ file: z.string(), text: z.string() })),
  ...consoleCalls,
};
