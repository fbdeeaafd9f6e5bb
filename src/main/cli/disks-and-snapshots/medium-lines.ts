import { type CheckReport, FORMAT_LABELS, type Medium, type MediumDetails } from '../../../shared/model/medium.ts';
import { formatBytes } from '../../../shared/units.ts';
import { fields, table } from '../command-parts/print.ts';

const sizeOnHost = ({ actualSizeBytes }: Medium) =>
  actualSizeBytes === null ? 'missing' : formatBytes(actualSizeBytes);

const users = ({ attachedTo, inSnapshots }: Medium) => [...attachedTo, ...inSnapshots].join(', ') || '-';

export function mediumTable(media: Medium[]): string[] {
  if (media.length === 0) return ['No media yet. Try `inn disk create <file> <size>`, or `inn disk register <file>`.'];
  return table(
    ['NAME', 'KIND', 'FORMAT', 'SIZE', 'ON HOST', 'USED BY', 'FILE'],
    media.map((medium) => [
      medium.name,
      medium.kind,
      FORMAT_LABELS[medium.format],
      formatBytes(medium.virtualSizeBytes),
      sizeOnHost(medium),
      users(medium),
      medium.location,
    ]),
  );
}

export function mediumLine({ name, format, virtualSizeBytes, location }: Medium): string[] {
  return [`${name}: ${FORMAT_LABELS[format]}, ${formatBytes(virtualSizeBytes)}, ${location}`];
}

export function mediumFields({ medium, variant, clusterSizeBytes, internalSnapshots, chain }: MediumDetails): string[] {
  const parents = chain.slice(1).map(({ name, location }) => `${name} (${location})`);
  return fields([
    ['Name', medium.name],
    ['Id', medium.id],
    ['Kind', medium.kind],
    ['File', medium.location],
    ['Format', `${FORMAT_LABELS[medium.format]}${variant === null ? '' : `, ${variant}`}`],
    ['Size', `${formatBytes(medium.virtualSizeBytes)} (${medium.virtualSizeBytes} bytes)`],
    ['On host', sizeOnHost(medium)],
    ...pairIf('Cluster', clusterSizeBytes === null ? null : formatBytes(clusterSizeBytes)),
    ...pairIf('Inside', internalSnapshots ? `${internalSnapshots} snapshots` : null),
    ...parents.map((parent): [string, string] => ['Builds on', parent]),
    ['Used by', users(medium)],
    ...pairIf('Problem', medium.inaccessibleBecause),
    ...pairIf('Note', medium.description || null),
  ]);
}

const pairIf = (label: string, value: string | null): [string, string][] => (value === null ? [] : [[label, value]]);

export function reportLines({ isConsistent, errors, leakedBytes, canRepair }: CheckReport): string[] {
  const leaks = leakedBytes > 0 ? [`${formatBytes(leakedBytes)} are taken and not used.`] : [];
  if (isConsistent && leaks.length === 0) return ['No errors were found.'];
  const hint = canRepair ? 'Repair it with --repair.' : 'It cannot be repaired; copy it, or restore it from a backup.';
  return [...errors, ...leaks, hint];
}
