import type { UplinkState } from '../../../shared/model/uplink.ts';
import type { Network } from '../../../shared/model/virtual-network.ts';
import { formatBytes } from '../../../shared/units.ts';
import classes from './uplink.module.css';
import { LackNote } from './uplink-field.tsx';
import { uplinkWords } from './uplink-words.ts';

interface UplinkLineProps {
  network: Network;
  /** Null: the network does not run. */
  state: UplinkState | null;
}

/** What a network leads to, how it does now, and when it does not work why, with the last lines of its carrier. */
export function UplinkLine({ network: { uplink }, state }: UplinkLineProps) {
  if (uplink === null) return null;
  if (state?.failure == null)
    return <p className={classes.line}>{`Leads to ${uplinkWords(uplink)}${stateWords(state)}`}</p>;
  return (
    <>
      <LackNote lack={{ cause: state.failure, cure: state.cure ?? 'It is tried again by itself.' }} />
      {state.log.length > 0 && <pre className={classes.log}>{state.log.join('\n')}</pre>}
    </>
  );
}

function stateWords(state: UplinkState | null): string {
  if (state === null) return '';
  if (!state.isUp) return ' · starting';
  return ` · up · ${formatBytes(state.inBytes)} to this computer, ${formatBytes(state.outBytes)} from it`;
}
