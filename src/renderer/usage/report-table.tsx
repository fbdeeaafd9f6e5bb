import { formatMoney } from '../../shared/model/price.ts';
import {
  hoursRunning,
  processorHours,
  promisedGiBHours,
  storageGiBMonths,
  usedGiBHours,
} from '../../shared/model/usage-quantities.ts';
import type { ReportLine, UsageReport } from '../../shared/model/usage-report.ts';
import { formatBytes } from '../../shared/units.ts';
import { formatAmount } from './format-amount.ts';
import classes from './usage.module.css';

const COLUMNS: { label: string; title: string; read: (line: ReportLine) => string }[] = [
  { label: 'Running', title: 'Hours in which it ran', read: ({ usage }) => `${formatAmount(hoursRunning(usage))} h` },
  {
    label: 'Processor',
    title: 'Processor hours really used',
    read: ({ usage }) => `${formatAmount(processorHours(usage))} h`,
  },
  {
    label: 'Promised',
    title: 'Memory promised: GiB for one hour',
    read: ({ usage }) => `${formatAmount(promisedGiBHours(usage))} GiB·h`,
  },
  {
    label: 'Held',
    title: 'Memory that its process held: GiB for one hour',
    read: ({ usage }) => `${formatAmount(usedGiBHours(usage))} GiB·h`,
  },
  {
    label: 'Storage',
    title: 'Room on the disk of this computer: GiB for one month of 730 hours',
    read: ({ usage }) => `${formatAmount(storageGiBMonths(usage))} GiB·mo`,
  },
  {
    label: 'Network',
    title: 'Received and sent',
    read: ({ usage }) => formatBytes(usage.networkInBytes + usage.networkOutBytes),
  },
  {
    label: 'Energy, est.',
    title: 'An estimate, see below',
    read: ({ energyKWhEstimate }) => `${formatAmount(energyKWhEstimate)} kWh`,
  },
];

/** The lines of a statement, and their sum. */
export function ReportTable({ report, title }: { report: UsageReport; title: string }) {
  return (
    <div className={classes.panel}>
      <table aria-label={`Usage in ${title}`}>
        <thead>
          <tr>
            <th>{report.by === 'day' ? 'Day' : report.by === 'pool' ? 'Pool' : 'Machine'}</th>
            {COLUMNS.map(({ label, title: words }) => (
              <th key={label} title={words} className={classes.number}>
                {label}
              </th>
            ))}
            <th className={classes.number}>Cost</th>
          </tr>
        </thead>
        <tbody>
          {report.lines.map((line) => (
            <Line key={line.key ?? 'none'} line={line} currency={report.currency} />
          ))}
          {report.lines.length === 0 && (
            <tr>
              <td colSpan={COLUMNS.length + 2} className={classes.quiet}>
                Nothing was used.
              </td>
            </tr>
          )}
        </tbody>
        <tfoot>
          <Line line={report.total} currency={report.currency} />
        </tfoot>
      </table>
      <p className={classes.note}>{report.energyFormula}</p>
    </div>
  );
}

function Line({ line, currency }: { line: ReportLine; currency: string }) {
  return (
    <tr data-gone={line.isGone || undefined}>
      <th scope="row">
        {line.name}
        {line.isGone && ' (removed)'}
      </th>
      {COLUMNS.map(({ label, read }) => (
        <td key={label} className={classes.number}>
          {read(line)}
        </td>
      ))}
      <td className={classes.number}>{formatMoney(line.costMicros, currency)}</td>
    </tr>
  );
}
