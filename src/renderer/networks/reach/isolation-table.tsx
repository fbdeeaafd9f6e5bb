import { type KeyboardEvent, type SyntheticEvent, useState } from 'react';
import type { ReachAnswer } from '../../../shared/model/virtual-network.ts';
import { endWords } from '../../../shared/network-names.ts';
import { cellWords, type Matrix } from './matrix-rows.ts';

interface IsolationTableProps {
  matrix: Matrix;
  onShow(answer: ReachAnswer): void;
}

const STEPS: Record<string, readonly [number, number] | undefined> = {
  ArrowDown: [1, 0],
  ArrowUp: [-1, 0],
  ArrowRight: [0, 1],
  ArrowLeft: [0, -1],
};

/** One cell for each pair. A single stop of the Tab key; the arrow keys go from cell to cell (WAI-ARIA, grid). */
export function IsolationTable({ matrix: { columns, rows }, onShow }: IsolationTableProps) {
  const [stop, setStop] = useState('0 0');
  const show = (event: SyntheticEvent<HTMLElement>) => {
    const at = placeOf(event.target);
    const answer = at && rows[at[0]]?.cells[at[1]];
    if (at === undefined) return;
    if (event.type === 'focus') setStop(at.join(' '));
    if (answer) onShow(answer);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const at = placeOf(event.target);
    const step = STEPS[event.key];
    if (at === undefined || step === undefined) return;
    const next = event.currentTarget.querySelector<HTMLElement>(`[data-cell="${at[0] + step[0]} ${at[1] + step[1]}"]`);
    next?.focus();
    event.preventDefault();
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: the pattern for a table whose cells are gone through (WAI-ARIA, grid)
    <table role="grid" aria-label="Who reaches whom" onKeyDown={onKeyDown} onFocus={show} onMouseOver={show}>
      <thead>
        <tr>
          <th scope="col">From ╲ to</th>
          {columns.map((to) => (
            <th key={to} scope="col" title={endWords(to)}>
              {endWords(to)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ from, cells }, row) => (
          <tr key={from}>
            <th scope="row" title={endWords(from)}>
              {endWords(from)}
            </th>
            {cells.map((answer, column) => (
              <td
                key={columns[column]}
                data-cell={`${row} ${column}`}
                data-reachable={answer?.isReachable}
                tabIndex={stop === `${row} ${column}` ? 0 : -1}
                title={answer?.rule}
                aria-description={answer?.reason}
              >
                {answer === undefined ? '' : cellWords(answer)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Row and column of the cell that an event is about; undefined beside the cells. */
function placeOf(target: EventTarget): [number, number] | undefined {
  const cell = target instanceof Element ? target.closest('[data-cell]') : null;
  const [row, column] = cell?.getAttribute('data-cell')?.split(' ').map(Number) ?? [];
  return row === undefined || column === undefined ? undefined : [row, column];
}
