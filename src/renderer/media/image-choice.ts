import type { ImageVariant, MediumFormat } from '../../shared/model/medium.ts';

/** Formats that can be made, the recommended one first, and what each is good for. */
export const NEW_FORMATS: { format: MediumFormat; label: string; note: string }[] = [
  { format: 'qcow2', label: 'QCOW2', note: 'Takes space as it is written. Snapshots and linked clones need it.' },
  { format: 'raw', label: 'Raw', note: 'The bytes of the disk and nothing else. Every program reads it.' },
  { format: 'vdi', label: 'VDI', note: "VirtualBox's own format." },
  { format: 'vhd', label: 'VHD', note: 'For Hyper-V and Virtual PC.' },
  { format: 'vmdk', label: 'VMDK', note: 'For VMware.' },
];

export const VARIANT_LABELS: Record<ImageVariant, string> = {
  dynamic: 'Dynamic',
  fixed: 'Fixed',
  streamOptimized: 'Compressed',
};

/** The variants that a new image of the format can have. An empty one is never compressed. */
export function variantsOf(format: MediumFormat, isCopy: boolean): ImageVariant[] {
  if (format === 'raw') return [];
  return format === 'vmdk' && isCopy ? ['dynamic', 'fixed', 'streamOptimized'] : ['dynamic', 'fixed'];
}

/** What the person has chosen about a new image. */
export interface ImageChoice {
  format: MediumFormat;
  variant: ImageVariant;
}

/** After another format: its usual variant, where it lacks the one that was chosen. */
export function withFormat(choice: ImageChoice, format: MediumFormat, isCopy: boolean): ImageChoice {
  return { format, variant: variantsOf(format, isCopy).includes(choice.variant) ? choice.variant : 'dynamic' };
}

/** The part of a call: no variant where the format has only one. */
export function toImageInput({ format, variant }: ImageChoice): { format: MediumFormat; variant?: ImageVariant } {
  return format === 'raw' ? { format } : { format, variant };
}

const ENDINGS: Partial<Record<MediumFormat, string>> = { raw: 'img' };

/** The path of a new file in a folder of the host, which may write its paths with backslashes. */
export function pathIn(folder: string, name: string, format: MediumFormat): string {
  const separator = folder.includes('\\') && !folder.includes('/') ? '\\' : '/';
  return `${folder.replace(/[/\\]+$/, '')}${separator}${name}.${ENDINGS[format] ?? format}`;
}
