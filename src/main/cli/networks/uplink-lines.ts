import {
  interfaceOf,
  type Uplink,
  type UplinkFindings,
  type UplinkLack,
  type UplinkState,
} from '../../../shared/model/uplink.ts';
import { formatBytes } from '../../../shared/units.ts';
import { table } from '../command-parts/print.ts';

const KINDS: Record<Uplink['kind'], string> = { bridge: 'bridge', tap: 'TAP device' };

/** `bridge br0`, `TAP device inn0`. */
export const uplinkWords = (uplink: Uplink): string => `${KINDS[uplink.kind]} ${interfaceOf(uplink)}`;

/** What of this computer can be an uplink; below, for each that cannot, why not and what to do. */
export function uplinkLines({ candidates, lacks }: UplinkFindings): string[] {
  const rows = candidates.map(({ uplink, isPossible }) => [
    ...[interfaceOf(uplink), KINDS[uplink.kind], isPossible ? 'possible' : 'not possible'],
  ]);
  return [
    ...(rows.length === 0 ? [] : table(['NAME', 'KIND', 'AS AN UPLINK'], rows)),
    ...candidates.flatMap(({ uplink, lack }) => (lack ? ['', ...lackLines(interfaceOf(uplink), lack)] : [])),
    ...generalLines(lacks),
  ];
}

function generalLines({ bridge, tap }: UplinkFindings['lacks']): string[] {
  if (bridge && tap && bridge.cause === tap.cause) return lackLines('No uplinks', bridge);
  return [...(bridge ? lackLines('Bridges', bridge) : []), ...(tap ? lackLines('TAP devices', tap) : [])];
}

const lackLines = (subject: string, { cause, cure }: UplinkLack): string[] => [`${subject}: ${cause}`, `  ${cure}`];

/** How an uplink does at the moment. */
export function uplinkStateWords({ isUp, failure, cure, inBytes, outBytes }: UplinkState): string {
  if (isUp) return `up, ${formatBytes(inBytes)} to the host, ${formatBytes(outBytes)} from it`;
  return failure === null ? 'starting' : `down: ${failure}${cure === null ? '' : ` ${cure}`}`;
}
