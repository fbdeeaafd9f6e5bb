import { copyFile, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { InnError } from '../../../shared/errors.ts';
import { convertImage } from '../../media/formats/convert.ts';
import type { UefiFirmware } from './doctor/firmware.ts';

/**
 * Where the UEFI variables of a machine are. With Secure Boot they are others: those with the keys, so that switching it
 * on enforces it, and switching it off does not.
 */
export function variablesFile(boardFolder: string, { isSecureBoot }: Pick<UefiFirmware, 'isSecureBoot'>): string {
  return path.join(boardFolder, isSecureBoot ? 'uefi-variables-secure.fd' : 'uefi-variables.fd');
}

/**
 * Gives the machine its own UEFI variables, a raw copy of the firmware's template, unless it has them already. Raw,
 * since what the guest has written is in the file at once: it can be copied while the machine stands still.
 * @throws InnError `INVALID_CONFIG` when the firmware has become another one, `FILE_NOT_ACCESSIBLE`
 */
export async function ensureVariables(boardFolder: string, uefi: UefiFirmware): Promise<void> {
  const file = variablesFile(boardFolder, uefi);
  const present = await stat(file).catch(() => undefined);
  if (present === undefined) await copyTemplate(uefi, file);
  else if (uefi.templateFormat === 'raw') await assertSameSize(file, present.size, uefi);
}

async function copyTemplate({ template, templateFormat }: UefiFirmware, file: string): Promise<void> {
  const aside = `${file}.new`;
  try {
    await rm(aside, { force: true });
    if (templateFormat === 'raw') await copyFile(template, aside);
    else await convertImage({ path: template, format: templateFormat }, { path: aside, format: 'raw' }, {});
    {
      await using copy = await open(aside, 'r+');
      await copy.chmod(0o600); // the template is for everyone
      await copy.sync();
    }
    await rename(aside, file);
  } catch (cause) {
    await rm(aside, { force: true });
    if (cause instanceof InnError) throw cause;
    const message = `The UEFI variables '${file}' could not be made from '${template}'.`;
    throw new InnError('FILE_NOT_ACCESSIBLE', message, { hint: 'Check who may write there.', cause });
  }
}

/** Firmware with flash chips of another size would not find its variables, and start as new. */
async function assertSameSize(file: string, sizeBytes: number, { executable, template }: UefiFirmware): Promise<void> {
  const { size } = await stat(template);
  if (size === sizeBytes) return;
  const message = `The UEFI variables '${file}' were made for other firmware than '${executable}'.`;
  throw new InnError('INVALID_CONFIG', message, {
    hint: 'Install the firmware of before again, or remove the file: the machine then starts with new variables.',
    details: { path: file, sizeBytes, wantedBytes: size },
  });
}
