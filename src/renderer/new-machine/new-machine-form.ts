import * as z from 'zod';
import type { CreateMachineInput } from '../../shared/machine-contract.ts';
import { EngineChoice } from '../../shared/model/engine.ts';
import { Processors } from '../../shared/model/hardware.ts';
import { MachineConfig, MachineName } from '../../shared/model/machine.ts';
import { MediumFormat } from '../../shared/model/medium.ts';
import { guessOsType, osTypeOf } from '../../shared/os-types.ts';
import { formatMiB, GIB } from '../../shared/units.ts';

export const MachineSource = z.enum(['demo', 'iso', 'disk', 'kernel', 'empty']);
export type MachineSource = z.infer<typeof MachineSource>;

/** The fields of the dialog. What is a field of the machine has the machine's own schema. */
export const NewMachineForm = z
  .object({
    name: MachineName,
    osType: MachineConfig.shape.osType,
    /** The person chose the OS type: it is not guessed from name or file any more. */
    isOsTypeChosen: z.boolean(),
    source: MachineSource,
    isoPath: z.string(),
    diskPath: z.string(),
    kernelPath: z.string(),
    initrdPath: z.string(),
    commandLine: z.string().max(2047, 'A command line has at most 2047 characters.'),
    memoryMiB: MachineConfig.shape.memoryMiB,
    processors: Processors.shape.count,
    hasNewDisk: z.boolean(),
    diskGiB: z.int().min(1, 'A disk has at least 1 GB.').max(2048, 'A disk has at most 2048 GB.'),
    /** Null: the best that the engine can use. */
    diskFormat: MediumFormat.nullable(),
    engine: EngineChoice,
    keepsWarmStart: z.boolean(),
    startsAtOnce: z.boolean(),
  })
  .superRefine((form, context) => {
    const needed = { iso: 'isoPath', disk: 'diskPath', kernel: 'kernelPath' } as const;
    const field = form.source in needed ? needed[form.source as keyof typeof needed] : undefined;
    if (field !== undefined && form[field].trim() === '') {
      context.addIssue({ code: 'custom', path: [field], message: 'Choose a file.' });
    }
  });
export type NewMachineForm = z.infer<typeof NewMachineForm>;

export const EMPTY_FORM: NewMachineForm = {
  name: '',
  osType: 'linux-32',
  isOsTypeChosen: false,
  source: 'iso',
  isoPath: '',
  diskPath: '',
  kernelPath: '',
  initrdPath: '',
  commandLine: '',
  memoryMiB: osTypeOf('linux-32').memoryMiB,
  processors: osTypeOf('linux-32').processors,
  hasNewDisk: true,
  diskGiB: osTypeOf('linux-32').diskGiB,
  diskFormat: null,
  engine: 'auto',
  keepsWarmStart: false,
  startsAtOnce: true,
};

/** Takes the recommended hardware of an OS type: a new machine starts with it. */
export function withOsType(form: NewMachineForm, id: string): NewMachineForm {
  const os = osTypeOf(id);
  return {
    ...form,
    osType: id,
    memoryMiB: os.memoryMiB,
    processors: os.processors,
    hasNewDisk: os.diskGiB > 0 && (form.source === 'iso' || form.source === 'empty'),
    diskGiB: os.diskGiB > 0 ? os.diskGiB : form.diskGiB,
  };
}

/** After a change of the name or of a file: guesses the OS type, until the person has chosen one. */
export function withGuess(form: NewMachineForm): NewMachineForm {
  if (form.isOsTypeChosen || form.source === 'demo') return form;
  const guess = guessOsType(form.name) ?? guessOsType(lastPart(form.isoPath));
  return guess === undefined || guess.id === 'demo' || guess.id === form.osType ? form : withOsType(form, guess.id);
}

/** After the choice of what to start from. The demo guest is its own OS type, and needs no disk. */
export function withSource(form: NewMachineForm, source: MachineSource): NewMachineForm {
  const next = { ...form, source };
  if (source === 'demo') return { ...withOsType(next, 'demo'), hasNewDisk: false, keepsWarmStart: true };
  const left = form.source === 'demo' ? withGuess(withOsType(next, EMPTY_FORM.osType)) : next;
  const keepsWarmStart = form.source === 'demo' ? false : form.keepsWarmStart;
  return { ...left, keepsWarmStart, hasNewDisk: source === 'iso' || source === 'empty' };
}

function lastPart(path: string): string {
  return path.split(/[/\\]/).at(-1) ?? '';
}

/** The call that creates the machine. */
export function toCreateInput(form: NewMachineForm): CreateMachineInput {
  const { source } = form;
  const initrdPath = form.initrdPath.trim();
  return {
    name: form.name.trim(),
    osType: form.osType,
    engine: form.engine,
    memoryMiB: form.memoryMiB,
    processors: form.processors,
    keepsWarmStart: form.keepsWarmStart,
    diskSizeBytes: form.hasNewDisk && source !== 'disk' ? form.diskGiB * GIB : null,
    ...(form.hasNewDisk && form.diskFormat !== null ? { diskFormat: form.diskFormat } : {}),
    ...(source === 'demo' ? { isDemo: true } : {}),
    ...(source === 'iso' ? { isoPath: form.isoPath.trim() } : {}),
    ...(source === 'disk' ? { diskPath: form.diskPath.trim() } : {}),
    ...(source === 'kernel'
      ? {
          kernelPath: form.kernelPath.trim(),
          commandLine: form.commandLine,
          ...(initrdPath === '' ? {} : { initrdPath }),
        }
      : {}),
  };
}

/**
 * The configuration that the machine would get, for `machine.check`. Its drives come into being with the machine, so that
 * what the check says about `storage` and `bootOrder` does not count yet.
 */
export function draftConfig(form: NewMachineForm): z.input<typeof MachineConfig> {
  const os = osTypeOf(form.osType);
  return {
    name: form.name,
    osType: form.osType,
    description: '',
    group: '/',
    engine: form.engine,
    processors: { count: form.processors, capPercent: 100 },
    memoryMiB: form.memoryMiB,
    bootOrder: ['optical', 'disk'],
    kernelBoot: draftKernel(form),
    display: { videoMemoryMiB: os.videoMemoryMiB },
    storage: [
      {
        name: 'IDE',
        type: 'ide',
        attachments: [{ port: 1, device: 0, kind: 'optical', mediumId: null }],
      },
    ],
    adapters: [],
    keepsWarmStart: form.keepsWarmStart,
  };
}

function draftKernel(form: NewMachineForm): MachineConfig['kernelBoot'] {
  if (form.source === 'demo') return { source: 'demo' };
  if (form.source !== 'kernel' || form.kernelPath.trim() === '') return null;
  const { kernelPath, initrdPath, commandLine } = form;
  return { source: 'files', kernelPath, initrdPath: initrdPath.trim() === '' ? null : initrdPath, commandLine };
}

/** What is still to be given before the machine can be created, or undefined when nothing is. */
export function missingFrom(form: NewMachineForm): string | undefined {
  if (form.name.trim() === '') return 'Give the machine a name.';
  const file = { iso: 'an ISO file', disk: 'a disk image', kernel: 'a kernel', demo: '', empty: '' }[form.source];
  const isFileMissing = NewMachineForm.safeParse(form).error?.issues.some(({ path }) => /Path$/.test(String(path[0])));
  return isFileMissing ? `Choose ${file} to start from.` : undefined;
}

/** What is wrong with a field that was filled in, or undefined when nothing is. What is empty yet is not wrong. */
export function mistakeIn(form: NewMachineForm): { field: string; message: string } | undefined {
  const issues = NewMachineForm.safeParse(form).error?.issues ?? [];
  const found = issues.find(({ path }) => {
    const field = String(path[0]);
    return !field.endsWith('Path') && !(field === 'name' && form.name.trim() === '');
  });
  return found === undefined ? undefined : { field: String(found.path[0]), message: found.message };
}

/** One sentence that says what Create will do. */
export function summaryOf(form: NewMachineForm): string {
  const os = osTypeOf(form.osType).label;
  const hardware = `${formatMiB(form.memoryMiB)} of memory and ${count(form.processors, 'processor')}`;
  const disk = form.hasNewDisk && form.source !== 'disk' ? ` and an empty disk of ${form.diskGiB} GB` : '';
  const from: Record<MachineSource, string> = {
    demo: 'It boots the guest that comes with Innkeeper.',
    iso: `It boots from ${lastPart(form.isoPath) || 'the disc'}.`,
    disk: `It boots from ${lastPart(form.diskPath) || 'the disk'}.`,
    kernel: `It starts ${lastPart(form.kernelPath) || 'the kernel'} directly.`,
    empty: 'It has nothing to boot from yet.',
  };
  return `${os} with ${hardware}${disk}. ${from[form.source]}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
