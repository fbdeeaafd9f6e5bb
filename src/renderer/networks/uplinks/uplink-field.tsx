import { Select } from '@mantine/core';
import type { Uplink, UplinkLack } from '../../../shared/model/uplink.ts';
import type { NetworkKind } from '../../../shared/model/virtual-network.ts';
import { api } from '../../api.ts';
import { FormRow } from '../../components/form-row.tsx';
import { useWatched } from '../use-watched.ts';
import classes from './uplink.module.css';
import { uplinkChoices, uplinkKey, uplinkKinds, uplinkLack, uplinkWords } from './uplink-words.ts';

/** Whoever follows the cure in a terminal sees it here at once. */
const EVERY_MS = 3000;
const NONE = 'none';

interface UplinkFieldProps {
  kind: NetworkKind;
  uplink: Uplink | null;
  onChange(uplink: Uplink | null): void;
}

/** Which interface of this computer the network leads to; where none is possible, why, and what to do. */
export function UplinkField({ kind, uplink, onChange }: UplinkFieldProps) {
  const { answer } = useWatched(() => api.network.uplinks({}), 'uplinks', EVERY_MS);
  const kinds = uplinkKinds(kind);
  const choices = uplinkChoices(answer, kinds, uplink);
  const isOptional = kind !== 'bridged';
  const lack = answer && (uplink !== null || !isOptional) ? uplinkLack(answer, kinds, uplink) : null;
  return (
    <>
      <FormRow label="Leads to" note={noteOf(kind, uplink)}>
        <Select
          aria-label="Leads to"
          placeholder={choices.length === 0 ? 'nothing possible yet' : 'choose an interface of this computer'}
          data={[
            ...(isOptional ? [{ value: NONE, label: 'only the machines' }] : []),
            ...choices.map((each) => ({
              value: uplinkKey(each.uplink),
              label: `${uplinkWords(each.uplink)}${each.isPossible ? '' : ' (not possible yet)'}`,
            })),
          ]}
          value={uplink === null ? (isOptional ? NONE : null) : uplinkKey(uplink)}
          onChange={(key) => onChange(choices.find((each) => uplinkKey(each.uplink) === key)?.uplink ?? null)}
        />
      </FormRow>
      {lack && <LackNote lack={lack} />}
    </>
  );
}

/** A sentence of cause, and the cure with its commands to copy. */
export function LackNote({ lack: { cause, cure } }: { lack: UplinkLack }) {
  return (
    <div className={classes.lack} role="note">
      <p>{cause}</p>
      <p>
        {cure.split('`').map((part, index) =>
          // Every second part stood between backquotes; the order never changes.
          index % 2 === 1 ? <code key={part}>{part}</code> : part,
        )}
      </p>
    </div>
  );
}

function noteOf(kind: NetworkKind, uplink: Uplink | null): string {
  if (kind === 'bridged') {
    return 'The guests get their addresses from the network behind it. Only adapters with the isolation Open reach it';
  }
  return uplink === null
    ? 'With a TAP device, this computer is a member of the network itself'
    : 'This computer is on the network with the address of this device';
}
