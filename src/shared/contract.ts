import { eventIterator } from '@orpc/contract';
import * as z from 'zod';
import { admission } from './admission-contract.ts';
import { call, MachineRef, Nothing } from './contract-call.ts';
import { group } from './group-contract.ts';
import { guestCalls } from './guest-contract.ts';
import { MachineState } from './machine-state.ts';
import { medium } from './medium-contract.ts';
import { EngineId, EngineInfo } from './model/engine.ts';
import { Audio, Motherboard } from './model/hardware.ts';
import { CoreInfo, FolderListing, HostInfo } from './model/host.ts';
import { Issue, Machine, MachineConfig, MachineId } from './model/machine.ts';
import { ImageVariant, Medium, MediumFormat, MediumId } from './model/medium.ts';
import { NetworkId } from './model/network.ts';
import { Pool } from './model/pool.ts';
import { PoolId, Resources } from './model/resources.ts';
import { CloneKind, Snapshot, SnapshotId } from './model/snapshot.ts';
import { Task, TaskId } from './model/task.ts';
import { Network } from './model/virtual-network.ts';
import { network } from './network-contract.ts';
import { pool } from './pool-contract.ts';
import { SnapshotRef, snapshot } from './snapshot-contract.ts';
import { usage } from './usage-contract.ts';

/**
 * Every call and every event of the program: the table of contents. Handlers, client, OpenAPI document and command
 * line come from it. `machine` in an input is a machine's name or id.
 */

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

export const ScreenshotOutput = z.object({
  width: z.int().positive(),
  height: z.int().positive(),
  pngBase64: z.string(),
});

export const ConsoleChannel = z.enum(['screen', 'serial']);
export type ConsoleChannel = z.infer<typeof ConsoleChannel>;

/** A change of the world, after the opening snapshot. */
export const WorldEvent = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('snapshot'),
    machines: z.array(Machine),
    media: z.array(Medium),
    snapshots: z.array(Snapshot),
    pools: z.array(Pool),
    networks: z.array(Network),
    tasks: z.array(Task),
  }),
  z.object({ kind: z.literal('machineChanged'), machine: Machine }),
  z.object({ kind: z.literal('machineRemoved'), id: MachineId }),
  z.object({ kind: z.literal('mediumChanged'), medium: Medium }),
  z.object({ kind: z.literal('mediumRemoved'), id: MediumId }),
  z.object({ kind: z.literal('snapshotChanged'), snapshot: Snapshot }),
  z.object({ kind: z.literal('snapshotRemoved'), id: SnapshotId }),
  z.object({ kind: z.literal('poolChanged'), pool: Pool }),
  z.object({ kind: z.literal('poolRemoved'), id: PoolId }),
  z.object({ kind: z.literal('networkChanged'), network: Network }),
  z.object({ kind: z.literal('networkRemoved'), id: NetworkId }),
  z.object({ kind: z.literal('taskChanged'), task: Task }),
]);
export type WorldEvent = z.infer<typeof WorldEvent>;

const action = (path: string, summary: string) =>
  call
    .route({ method: 'POST', path: `/machines/{machine}/${path}`, summary, tags: ['machine'] })
    .input(OneMachine)
    .output(Machine);

const core = {
  info: call
    .route({ method: 'GET', path: '/core', summary: 'The running program', tags: ['core'] })
    .input(Nothing)
    .output(CoreInfo),
};

const host = {
  info: call
    .route({ method: 'GET', path: '/host', summary: 'The computer and what it has left', tags: ['host'] })
    .input(Nothing)
    .output(HostInfo),
  doctor: call
    .route({
      method: 'GET',
      path: '/host/doctor',
      summary: 'Engines, what they can do, and what is missing',
      tags: ['host'],
    })
    .input(Nothing)
    .output(z.array(EngineInfo)),
  listFolder: call
    .route({
      method: 'GET',
      path: '/host/folder',
      summary: 'Entries of a folder on the host, for file dialogs',
      tags: ['host'],
    })
    .input(z.object({ path: z.string().optional() }))
    .output(FolderListing),
};

const machine = {
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
  type: call
    .route({
      method: 'POST',
      path: '/machines/{machine}/type',
      summary: 'Type text on the keyboard of the guest',
      tags: ['machine'],
    })
    .input(z.object({ machine: MachineRef, text: z.string().max(100_000) }))
    .output(Nothing),
  sendKeys: call
    .route({
      method: 'POST',
      path: '/machines/{machine}/send-keys',
      summary: 'Press a combination of keys, such as ctrl-alt-delete',
      tags: ['machine'],
    })
    .input(
      z.object({
        machine: MachineRef,
        keys: z.array(z.string()).min(1).max(8).describe('QEMU key names (QKeyCode), pressed together'),
      }),
    )
    .output(Nothing),
  screenshot: call
    .route({ method: 'GET', path: '/machines/{machine}/screenshot', summary: 'The screen as PNG', tags: ['machine'] })
    .input(OneMachine)
    .output(ScreenshotOutput),
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
  openConsole: call
    .route({
      method: 'POST',
      path: '/machines/{machine}/console',
      summary: 'A ticket for the byte stream of screen (RFB) or serial port',
      tags: ['machine'],
    })
    .input(z.object({ machine: MachineRef, channel: ConsoleChannel }))
    .output(
      z.object({
        ticket: z.string(),
        path: z.string().describe('Path of the WebSocket that takes the ticket, once, within 30 s'),
      }),
    ),
  log: call
    .route({
      method: 'GET',
      path: '/machines/{machine}/log',
      summary: 'Last lines of the log of the machine',
      tags: ['machine'],
    })
    .input(z.object({ machine: MachineRef, lines: z.coerce.number().int().min(1).max(5000).default(200) }))
    .output(z.object({ file: z.string(), text: z.string() })),
};

const task = {
  list: call
    .route({ method: 'GET', path: '/tasks', summary: 'Running and recent tasks', tags: ['task'] })
    .input(Nothing)
    .output(z.array(Task)),
  cancel: call
    .route({ method: 'POST', path: '/tasks/{id}/cancel', summary: 'Cancel a running task', tags: ['task'] })
    .input(z.object({ id: TaskId }))
    .output(Task),
};

const events = {
  /** Opens with a `snapshot`, then changes, on one ordered stream. */
  subscribe: call
    .route({ method: 'GET', path: '/events', summary: 'A snapshot, then every change', tags: ['event'] })
    .input(Nothing)
    .output(eventIterator(WorldEvent)),
  /** Resolves once the machine is in one of the states. */
  waitFor: call
    .route({
      method: 'GET',
      path: '/machines/{machine}/wait',
      summary: 'Wait until a machine is in one of the states',
      tags: ['event'],
    })
    .input(
      z.object({
        machine: MachineRef,
        states: z.array(MachineState).min(1),
        timeoutMs: z.coerce.number().int().min(1).max(3_600_000).default(60_000),
      }),
    )
    .output(Machine),
};

export const contract = { core, host, machine, group, admission, snapshot, medium, network, pool, task, events, usage };
export type Contract = typeof contract;
