import { IconRefresh, IconRoute } from '@tabler/icons-react';
import { useState } from 'react';
import type { ReachAnswer } from '../../../shared/model/virtual-network.ts';
import { api } from '../../api.ts';
import { FailureLine } from '../../components/failure-line.tsx';
import { ToolButton } from '../../components/tool-button.tsx';
import { openDialog } from '../../dialogs.ts';
import media from '../../media/media-page.module.css';
import { view } from '../../view.ts';
import { useWatched } from '../use-watched.ts';
import classes from './isolation.module.css';
import { IsolationTable } from './isolation-table.tsx';
import { matrixOf } from './matrix-rows.ts';
import { Verdict } from './verdict.tsx';

/** Pause between two looks: guests that come up begin to answer, and settings change. */
const EVERY_MS = 4000;

/** The isolation report: who reaches whom, and why or why not. */
export function IsolationTab() {
  const [turn, setTurn] = useState(0);
  const [shown, setShown] = useState<Pick<ReachAnswer, 'from' | 'to'> | null>(null);
  const { answer, failure } = useWatched(() => api.network.matrix({}), String(turn), EVERY_MS);
  const about = answer?.answers.find(({ from, to }) => from === shown?.from && to === shown.to);
  const matrix = answer && matrixOf(answer);
  return (
    <div className={classes.page}>
      <div className={media.toolbar} role="toolbar" aria-label="Isolation">
        <ToolButton
          label="Can A reach B?"
          icon={IconRoute}
          hint="Ask about two ends, and about a port"
          onClick={() => openDialog({ kind: 'reach', from: view.get().machineId })}
        />
        <ToolButton label="Try again" icon={IconRefresh} hint="Try it all again" onClick={() => setTurn(turn + 1)} />
        <p className={classes.legend}>
          <i data-reachable="true" /> reaches <i data-reachable="false" /> does not · ✓ tried with real frames; without
          it, the settings say so · ! frames said otherwise
        </p>
      </div>
      <div className={classes.table}>
        {failure !== null && <FailureLine failure={failure} />}
        {matrix === undefined && failure === null && <p className={classes.quiet}>Trying…</p>}
        {matrix?.rows.length === 0 && <p className={classes.quiet}>There is no machine yet.</p>}
        {matrix !== undefined && matrix.rows.length > 0 && <IsolationTable matrix={matrix} onShow={setShown} />}
      </div>
      <div className={classes.answer} aria-live="polite">
        {about === undefined ? (
          <p className={classes.quiet}>Point at a cell, or go to it with the arrow keys, to see which rule decides.</p>
        ) : (
          <Verdict answer={about} />
        )}
      </div>
    </div>
  );
}
