import { InnError } from '../../shared/errors.ts';
import {
  ACTIONS,
  can,
  describeState,
  isTransient,
  type MachineAction,
  suggestAction,
} from '../../shared/machine-state.ts';
import type { MachineRecord } from './machine-record.ts';

type Guarded = Pick<MachineRecord, 'state' | 'config' | 'isDamaged'>;

/** A machine with a damaged record can be ended and removed, and nothing else: its settings are not known. */
const LEGAL_WHEN_DAMAGED: readonly MachineAction[] = ['powerOff', 'remove'];

/**
 * Passes when the action is legal in the machine's present state.
 * @throws InnError `INVALID_STATE`, with `state`, `action`, `allowedFrom` and `suggestedAction` for programs;
 * `INVALID_CONFIG` when the machine's record is damaged.
 */
export function assertCan(action: MachineAction, record: Guarded): void {
  if (record.isDamaged && !LEGAL_WHEN_DAMAGED.includes(action)) throw damaged(action, record);
  if (!can(action, record.state)) throw illegal(action, record);
}

/**
 * The refusal of an action, for callers that have a reason of their own to refuse it in this state.
 * @param subject what cannot be done, after "Cannot"; by default the action's verb and the machine's name.
 */
export function illegal(action: MachineAction, record: Guarded, subject?: string): InnError {
  const { verb, requirement, from } = ACTIONS[action];
  const { name } = record.config;
  const suggestedAction = suggestAction(action, record.state) ?? null;
  return new InnError(
    'INVALID_STATE',
    `Cannot ${subject ?? `${verb} '${name}'`} because it ${requirement} (machine state: ${describeState(record.state)}).`,
    {
      hint: hintFor(record, suggestedAction),
      details: { state: record.state, action, allowedFrom: [...from], suggestedAction },
    },
  );
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function hintFor({ state, config: { name } }: Guarded, suggested: MachineAction | null): string {
  if (suggested === 'powerOff') return `Shut '${name}' down or power it off first.`;
  if (suggested === 'discardState') return `Start '${name}' and shut it down, or discard its saved state.`;
  if (suggested) return `${capitalised(ACTIONS[suggested].verb)} '${name}' first.`;
  if (isTransient(state)) return `Wait until '${name}' has settled, then try again.`;
  return `Look at the screen and the log of '${name}'.`;
}

function damaged(action: MachineAction, record: Guarded): InnError {
  const { name } = record.config;
  return new InnError(
    'INVALID_CONFIG',
    `Cannot ${ACTIONS[action].verb} '${name}' because its stored settings are damaged (machine state: ${describeState(record.state)}).`,
    {
      hint: `Remove '${name}' without deleting its files, and make a new machine with its disks.`,
      details: { state: record.state, action, isDamaged: true },
    },
  );
}
