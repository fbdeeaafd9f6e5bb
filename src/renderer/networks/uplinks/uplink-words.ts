import { interfaceOf, type Uplink, type UplinkFindings, type UplinkLack } from '../../../shared/model/uplink.ts';
import type { NetworkKind } from '../../../shared/model/virtual-network.ts';

/** Which uplinks a network of this kind may have. */
export function uplinkKinds(kind: NetworkKind): readonly Uplink['kind'][] {
  if (kind === 'bridged') return ['bridge', 'tap'];
  return kind === 'hostOnly' ? ['tap'] : [];
}

/** `bridge br0`, `TAP device inn0`. */
export function uplinkWords(uplink: Uplink): string {
  return `${uplink.kind === 'bridge' ? 'bridge' : 'TAP device'} ${interfaceOf(uplink)}`;
}

/** Stands for an uplink in a list of choices. */
export const uplinkKey = (uplink: Uplink): string => `${uplink.kind}:${interfaceOf(uplink)}`;

export interface UplinkChoice {
  uplink: Uplink;
  isPossible: boolean;
}

/** The uplinks to choose among, the possible ones first; one that was chosen and is gone is among them. */
export function uplinkChoices(
  findings: UplinkFindings | undefined,
  kinds: readonly Uplink['kind'][],
  chosen: Uplink | null,
): UplinkChoice[] {
  const found = (findings?.candidates ?? []).filter(({ uplink }) => kinds.includes(uplink.kind));
  const isThere = chosen === null || found.some(({ uplink }) => uplinkKey(uplink) === uplinkKey(chosen));
  const all = isThere ? found : [...found, { uplink: chosen, isPossible: findings === undefined }];
  return all.toSorted((a, b) => Number(b.isPossible) - Number(a.isPossible));
}

/** What to say of the uplink that is chosen, or of why there is none to choose; null: nothing. */
export function uplinkLack(
  { candidates, lacks }: UplinkFindings,
  kinds: readonly Uplink['kind'][],
  chosen: Uplink | null,
): UplinkLack | null {
  if (chosen !== null) {
    const found = candidates.find(({ uplink }) => uplinkKey(uplink) === uplinkKey(chosen));
    return found ? found.lack : (lacks[chosen.kind] ?? GONE);
  }
  const own = candidates.filter(({ uplink }) => kinds.includes(uplink.kind));
  if (own.some(({ isPossible }) => isPossible)) return null;
  return own[0]?.lack ?? kinds.map((kind) => lacks[kind]).find((lack) => lack !== null) ?? null;
}

const GONE: UplinkLack = {
  cause: 'This computer has no such interface any more.',
  cure: 'Make it again, or choose another.',
};
