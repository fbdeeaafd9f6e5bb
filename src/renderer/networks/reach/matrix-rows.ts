import type { ReachAnswer } from '../../../shared/model/virtual-network.ts';

export interface MatrixRow {
  from: string;
  /** In the order of the columns; undefined where nothing was asked: an end and itself. */
  cells: (ReachAnswer | undefined)[];
}

export interface Matrix {
  columns: string[];
  rows: MatrixRow[];
}

/** The answers as a table: a row for each end that something comes from, a column for each that it may get to. */
export function matrixOf({ ends, answers }: { ends: readonly string[]; answers: readonly ReachAnswer[] }): Matrix {
  const known = new Map(answers.map((answer) => [`${answer.from}\n${answer.to}`, answer]));
  const froms = new Set(answers.map(({ from }) => from));
  const tos = new Set(answers.map(({ to }) => to));
  const columns = ends.filter((end) => tos.has(end));
  const rows = ends
    .filter((end) => froms.has(end))
    .map((from) => ({ from, cells: columns.map((to) => known.get(`${from}\n${to}`)) }));
  return { columns, rows };
}

const MARKS = { agreed: ' ✓', contradicted: ' !', untried: '' };

/** `Yes`, or `No`; with a tick when real frames agreed with the settings, and `!` when they did not. */
export function cellWords({ isReachable, isProven }: ReachAnswer): string {
  const mark = isProven === null ? 'untried' : isProven ? 'agreed' : 'contradicted';
  return `${isReachable ? 'Yes' : 'No'}${MARKS[mark]}`;
}
