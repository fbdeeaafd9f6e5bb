import { IconRefresh, IconRoute } from '@tabler/icons-react';
import { useState } from 'react';
import type { ReachAnswer } from '../../shared/model/virtual-network.ts';
import { api } from '../api.ts';
import { FailureLine } from '../components/failure-line.tsx';
import { openDialog } from '../dialogs.ts';
import media from '../media/media-page.module.css';
import { useMachines, useNetworks } from '../store.ts';
import { view } from '../view.ts';
import classes from './isolation.module.css';
import { IsolationTable } from './isolation-table.tsx';
import { matrixOf } from './matrix-rows.ts';
import { ToolButton } from './tool-button.tsx';
import { useFailingAnswer } from './use-failing-answer.ts';
import { Verdict } from './verdict.tsx';

/** The isolation report: who reaches whom, and why or why not. */
export function IsolationTab() {
  const machines = useMachines();
  const networks = useNetworks();
  const [turn, setTurn] = useState(0);
  const [shown, setShown] = useState<ReachAnswer | null>(null);
  // Whatever could change an answer asks anew: settings and states of machines, and networks with their forwards.
  const key = `${turn} ${[...machines.values()].map(({ id, revision, state }) => `${id}${revision}${state}`).join()} ${JSON.stringify([...networks.values()])}`;
  const { answer, failure } = useFailingAnswer(() => api.network.matrix({}), key);
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
          it, the settings say so
        </p>
      </div>
      <div className={classes.table}>
        {failure !== null && <FailureLine failure={failure} />}
        {matrix?.rows.length === 0 && <p className={classes.quiet}>There is no machine yet.</p>}
        {matrix !== undefined && matrix.rows.length > 0 && <IsolationTable matrix={matrix} onShow={setShown} />}
      </div>
      <div className={classes.answer} aria-live="polite">
        {shown === null ? (
          <p className={classes.quiet}>Point at a cell, or go to it with the arrow keys, to see which rule decides.</p>
        ) : (
          <Verdict answer={shown} />
        )}
      </div>
    </div>
  );
}
