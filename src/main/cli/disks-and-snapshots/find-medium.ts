import { existsSync } from 'node:fs';
import path from 'node:path';
import { InnError } from '../../../shared/errors.ts';
import type { Medium, MediumKind } from '../../../shared/model/medium.ts';
import type { InnClient } from '../../api/client-link.ts';

/** The kind of medium that a file is, by the ending of its name; what is inside is looked at when it becomes known. */
export function kindOf(file: string): MediumKind {
  const ending = path.extname(file).toLowerCase();
  if (ending === '.iso') return 'optical';
  return ending === '.flp' || ending === '.vfd' ? 'floppy' : 'disk';
}

/**
 * The medium that a person means: by id, by file, or by a name that only one has. A file that is there but not known becomes
 * known.
 * @throws InnError `MEDIUM_NOT_FOUND`, `INVALID_INPUT` when several have the name, and as `medium.register`
 */
export async function findMedium(client: InnClient, wanted: string): Promise<Medium> {
  const media = await client.medium.list({});
  const file = path.resolve(wanted);
  const exact = media.find(({ id, location }) => id === wanted || location === file);
  if (exact) return exact;
  const named = media.filter(({ name }) => name === wanted);
  const [first] = named;
  if (first && named.length === 1) return first;
  if (first) throw ambiguous(wanted, named);
  if (existsSync(file)) return client.medium.register({ path: file, kind: kindOf(file) });
  throw new InnError('MEDIUM_NOT_FOUND', `There is no medium and no file '${wanted}'.`, {
    hint: '`inn disk list` shows the media; a file is named by its path.',
    details: { medium: wanted },
  });
}

function ambiguous(wanted: string, named: Medium[]): InnError {
  return new InnError('INVALID_INPUT', `${named.length} media have the name '${wanted}'.`, {
    hint: `Name one by its file: ${named.map(({ location }) => location).join(', ')}.`,
    details: { medium: wanted, ids: named.map(({ id }) => id) },
  });
}
