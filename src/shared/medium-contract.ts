import * as z from 'zod';
import { call, MachineRef, Nothing } from './contract-call.ts';
import { Machine } from './model/machine.ts';
import {
  CheckReport,
  ImageVariant,
  Medium,
  MediumDetails,
  MediumFormat,
  MediumId,
  MediumKind,
  MediumName,
} from './model/medium.ts';

const OneMedium = z.object({ id: MediumId });
const HostPath = z.string().min(1).max(4096).describe('Absolute path on the host');

/** What a new disk is made from. It lies at `path`; without one, in the folder of `machine`, or among the program's disks. */
export const CreateDiskInput = z.object({
  path: HostPath.optional(),
  /** Of the file, without its ending; only without `path`. A number is put behind it when it is taken. */
  name: MediumName.optional(),
  /** Whose folder it goes to; it is not attached. */
  machine: MachineRef.optional(),
  sizeBytes: z.int().positive(),
  format: MediumFormat.default('qcow2'),
  variant: ImageVariant.optional(),
});
export type CreateDiskInput = z.infer<typeof CreateDiskInput>;

const task = (path: string, summary: string) =>
  call.route({ method: 'POST', path: `/media/{id}/${path}`, summary, tags: ['medium'] });

/** The calls about media. Long ones are tasks: they can be watched and cancelled, and answer when they are done. */
export const medium = {
  list: call
    .route({ method: 'GET', path: '/media', summary: 'All media', tags: ['medium'] })
    .input(Nothing)
    .output(z.array(Medium)),
  get: call
    .route({ method: 'GET', path: '/media/{id}', summary: 'One medium, and what its image says', tags: ['medium'] })
    .input(OneMedium)
    .output(MediumDetails),
  register: call
    .route({
      method: 'POST',
      path: '/media',
      summary: 'Make a file on the host known as a medium; one that is known is returned',
      tags: ['medium'],
    })
    .input(z.object({ path: HostPath, kind: MediumKind }))
    .output(Medium),
  scan: call
    .route({
      method: 'POST',
      path: '/media/scan',
      summary: 'Make all images of a folder known; answers with those that were not',
      tags: ['medium'],
    })
    .input(z.object({ folder: HostPath }))
    .output(z.array(Medium)),
  create: call
    .route({
      method: 'POST',
      path: '/media/disks',
      summary: 'Create an empty disk',
      tags: ['medium'],
      successStatus: 201,
    })
    .input(CreateDiskInput)
    .output(Medium),
  resize: task('resize', 'Enlarge a disk')
    .input(z.object({ ...OneMedium.shape, sizeBytes: z.int().positive() }))
    .output(Medium),
  copy: task('copy', 'Copy a disk into a new image that stands alone, in any format')
    .input(
      z.object({
        ...OneMedium.shape,
        path: HostPath.optional().describe('By default among the disks of the program'),
        name: MediumName.optional().describe(
          'Of the file, without its ending; only without path. By default that of the source, and a number',
        ),
        format: MediumFormat.optional().describe('By default that of the source'),
        variant: ImageVariant.optional(),
      }),
    )
    .output(Medium),
  compact: task('compact', 'Give the space of unused and zeroed blocks back to the host')
    .input(OneMedium)
    .output(z.object({ medium: Medium, savedBytes: z.int() })),
  check: task('check', 'Check the tables of an image, and repair them')
    .input(z.object({ ...OneMedium.shape, repairs: z.boolean().default(false) }))
    .output(CheckReport),
  relocate: task('relocate', 'Say where the file of a medium is now')
    .input(z.object({ ...OneMedium.shape, path: HostPath }))
    .output(Medium),
  move: task('move', 'Move the file of a medium')
    .input(z.object({ ...OneMedium.shape, path: HostPath }))
    .output(Medium),
  describe: call
    .route({ method: 'PATCH', path: '/media/{id}', summary: 'Give a medium another name or a note', tags: ['medium'] })
    .input(
      z.object({ ...OneMedium.shape, name: MediumName.optional(), description: z.string().max(10_000).optional() }),
    )
    .output(Medium),
  attach: call
    .route({
      method: 'POST',
      path: '/media/{id}/attach',
      summary: 'Attach a medium to a machine, in a free slot unless one is named',
      tags: ['medium'],
    })
    .input(
      z.object({
        ...OneMedium.shape,
        machine: MachineRef,
        controller: z.string().optional().describe('Name of the controller'),
        port: z.int().min(0).optional(),
        device: z.int().min(0).max(1).optional(),
      }),
    )
    .output(Machine),
  detach: call
    .route({
      method: 'POST',
      path: '/media/{id}/detach',
      summary: 'Detach a medium from a machine, or from all',
      tags: ['medium'],
    })
    .input(z.object({ ...OneMedium.shape, machine: MachineRef.optional() }))
    .output(Medium),
  remove: call
    .route({ method: 'DELETE', path: '/media/{id}', summary: 'Forget a medium, or delete its file', tags: ['medium'] })
    .input(z.object({ ...OneMedium.shape, deletesFile: z.boolean().default(false) }))
    .output(Nothing),
};
