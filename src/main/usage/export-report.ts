import { plainMoney } from '../../shared/model/price.ts';
import {
  hoursRunning,
  processorHours,
  promisedGiBHours,
  storageGiBMonths,
  usedGiBHours,
} from '../../shared/model/usage-quantities.ts';
import type { ReportLine, UsageReport } from '../../shared/model/usage-report.ts';
import { GIB } from '../../shared/units.ts';

const DECIMALS = 6;
const number = (value: number): string => String(Number(value.toFixed(DECIMALS)));

const COLUMNS: [header: string, value: (line: ReportLine) => string][] = [
  ['key', ({ key }) => key ?? ''],
  ['name', ({ name }) => name],
  ['removed', ({ isGone }) => (isGone ? 'yes' : 'no')],
  ['hours_running', ({ usage }) => number(hoursRunning(usage))],
  ['processor_seconds', ({ usage }) => number(usage.processorMicros / 1e6)],
  ['processor_hours', ({ usage }) => number(processorHours(usage))],
  ['memory_promised_gib_hours', ({ usage }) => number(promisedGiBHours(usage))],
  ['memory_used_gib_hours', ({ usage }) => number(usedGiBHours(usage))],
  ['storage_gib_months', ({ usage }) => number(storageGiBMonths(usage))],
  ['network_in_gib', ({ usage }) => number(usage.networkInBytes / GIB)],
  ['network_out_gib', ({ usage }) => number(usage.networkOutBytes / GIB)],
  ['disk_read_gib', ({ usage }) => number(usage.diskReadBytes / GIB)],
  ['disk_write_gib', ({ usage }) => number(usage.diskWriteBytes / GIB)],
  ['energy_kwh_estimate', (line) => number(line.energyKWhEstimate)],
  ['processor_cost', ({ cost }) => plainMoney(cost.processor)],
  ['memory_promised_cost', ({ cost }) => plainMoney(cost.memoryPromised)],
  ['memory_used_cost', ({ cost }) => plainMoney(cost.memoryUsed)],
  ['storage_cost', ({ cost }) => plainMoney(cost.storage)],
  ['network_cost', ({ cost }) => plainMoney(cost.network)],
  ['energy_cost_estimate', ({ cost }) => plainMoney(cost.energyEstimate)],
  ['cost', ({ costMicros }) => plainMoney(costMicros)],
];

/** A spreadsheet takes a field that begins so for a formula; a name must not become one. */
const FORMULA = /^[=+\-@\t\r]/;

/** One field of RFC 4180: quoted when it holds a quote, a comma or a line break. */
function field(text: string): string {
  const safe = FORMULA.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The report as comma-separated values (RFC 4180), with a header and no line for the total: programs add up themselves. */
export function toCsv({ lines, currency, from, to }: UsageReport): string {
  const header = ['from', 'to', ...COLUMNS.map(([name]) => name), 'currency'];
  const rows = lines.map((line) => [from, to, ...COLUMNS.map(([, value]) => value(line)), currency]);
  return [header, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

export interface ExportedReport {
  fileName: string;
  mediaType: string;
  text: string;
}

export function exportReport(report: UsageReport, format: 'csv' | 'json'): ExportedReport {
  const fileName = `usage-by-${report.by}-${report.from.slice(0, 10)}-${report.to.slice(0, 10)}.${format}`;
  return format === 'csv'
    ? { fileName, mediaType: 'text/csv; charset=utf-8; header=present', text: toCsv(report) }
    : { fileName, mediaType: 'application/json', text: `${JSON.stringify(report, undefined, 2)}\n` };
}
