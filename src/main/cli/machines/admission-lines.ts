import { AdmissionReport, type PlanChoice } from '../../../shared/model/admission.ts';
import { formatBytes, formatMiB } from '../../../shared/units.ts';
import { table } from '../command-parts/print.ts';

/** What follows a refused start: where the memory is, and what would make room. Empty for other failures. */
export function refusalLines(details: unknown): string[] {
  const parsed = AdmissionReport.safeParse(details);
  if (!parsed.success || parsed.data.verdict !== 'refused') return [];
  const { plan, reasons } = parsed.data;
  const choices = plan.map((choice) => [`  --make-room ${OPTION[choice.kind]}`, choiceLine(choice)]);
  return [
    ...reasons.slice(1).map(({ message }) => `Also, ${message}`),
    ...numberLines(parsed.data),
    ...(choices.length === 0 ? [] : table(['What would make room:', ''], choices)),
  ];
}

function numberLines({ numbers }: AdmissionReport): string[] {
  const rows: [string, number][] = [
    ['available', numbers.availableBytes],
    ['kept for the host', numbers.hostReserveBytes],
    ['promised to others', numbers.promisedToOthersBytes],
    ['needed', numbers.memoryBytes + numbers.engineOverheadBytes],
    ['short of', numbers.shortBytes],
  ];
  return rows.map(([label, bytes]) => `  ${label.padEnd(19)} ${formatBytes(bytes)}`);
}

/** Values of `--make-room` for the choices of a plan. */
export const OPTION = { balloon: 'balloon', save: 'save', lessMemory: 'less', wait: 'wait' } as const;

function choiceLine(choice: PlanChoice): string {
  switch (choice.kind) {
    case 'balloon':
      return choice.machines
        .map(({ name, fromMiB, toMiB }) => `${name} from ${formatMiB(fromMiB)} to ${formatMiB(toMiB)}`)
        .join(', ');
    case 'save':
      return `save ${choice.machines.flatMap(({ name, isNeeded }) => (isNeeded ? [name] : [])).join(', ')}`;
    case 'lessMemory':
      return `set its memory to ${formatMiB(choice.toMiB)}`;
    case 'wait':
      return 'start it when it fits';
  }
}
