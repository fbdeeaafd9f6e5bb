import { Button, Modal, NumberInput, Select, Textarea, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { ErrorReport } from '../../../shared/errors.ts';
import type { Uplink } from '../../../shared/model/uplink.ts';
import { type Network, NetworkKind, NetworkSettings } from '../../../shared/model/virtual-network.ts';
import { api } from '../../api.ts';
import { FailureLine } from '../../components/failure-line.tsx';
import { FormRow } from '../../components/form-row.tsx';
import { freeName } from '../../free-name.ts';
import { ADAPTER_MODE_LABELS } from '../../machine-details/config-words.ts';
import { failureIn } from '../../notify.tsx';
import { world } from '../../store.ts';
import { KIND_NOTES } from '../network-words.ts';
import classes from '../networks.module.css';
import { UplinkField } from '../uplinks/uplink-field.tsx';
import { uplinkKinds } from '../uplinks/uplink-words.ts';

interface NetworkDialogProps {
  /** Null: a new one is made. */
  network: Network | null;
  onSaved?(network: Network): void;
  onClose(): void;
}

interface Fields {
  name: string;
  kind: NetworkKind;
  /** As written; of a new network, empty for any free range. */
  subnet: string;
  mtu: number;
  description: string;
  uplink: Uplink | null;
}

/** Name, kind, range, frame size and note of a network. What the core refuses is said here, and the form stays. */
export function NetworkDialog({ network, onSaved, onClose }: NetworkDialogProps) {
  const isNew = network === null;
  const [fields, setFields] = useState<Fields>(() => fieldsOf(network));
  const [failure, setFailure] = useState<ErrorReport | null>(null);
  const [isWorking, setWorking] = useState(false);
  const change = (part: Partial<Fields>) => {
    setFailure(null);
    setFields({ ...fields, ...part });
  };
  const problems = problemsOf(fields);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (Object.keys(problems).length > 0) return;
    setWorking(true);
    const failed = await failureIn(async () => onSaved?.(await save(network, fields)));
    setWorking(false);
    setFailure(failed);
    if (failed === null) onClose();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={isNew ? 'Create a network' : `Edit the network '${network.name}'`}
      size={500}
    >
      <form className={classes.form} onSubmit={(event) => void submit(event)}>
        <FormRow label="Name">
          <TextInput
            aria-label="Name"
            data-autofocus
            value={fields.name}
            onChange={(event) => change({ name: event.currentTarget.value })}
            error={problems.name}
          />
        </FormRow>
        <FormRow label="Kind" note={KIND_NOTES[fields.kind]}>
          <Select
            aria-label="Kind"
            data={NetworkKind.options.map((value) => ({ value, label: ADAPTER_MODE_LABELS[value] }))}
            value={fields.kind}
            onChange={(kind) => change(ofKind(NetworkKind.parse(kind)))}
            disabled={!isNew}
          />
        </FormRow>
        {uplinkKinds(fields.kind).length > 0 && (
          <UplinkField kind={fields.kind} uplink={fields.uplink} onChange={(uplink) => change({ uplink })} />
        )}
        {fields.kind !== 'bridged' && (
          <FormRow label="Range" note={rangeNote(fields, isNew)}>
            <TextInput
              aria-label="Range"
              placeholder={isNew && fields.kind !== 'internal' ? 'any free one' : 'none'}
              value={fields.subnet}
              onChange={(event) => change({ subnet: event.currentTarget.value })}
              error={problems.subnet}
              spellCheck={false}
            />
          </FormRow>
        )}
        <FormRow label="MTU" note="Largest content of a frame, in bytes; guests should agree on it">
          <NumberInput
            aria-label="MTU"
            value={fields.mtu}
            onChange={(mtu) => typeof mtu === 'number' && change({ mtu })}
            min={576}
            max={9000}
            allowDecimal={false}
            error={problems.mtu}
          />
        </FormRow>
        <FormRow label="Description">
          <Textarea
            aria-label="Description"
            autosize
            minRows={2}
            maxRows={6}
            value={fields.description}
            onChange={(event) => change({ description: event.currentTarget.value })}
          />
        </FormRow>
        {failure !== null && <FailureLine failure={failure} />}
        <div className={classes.foot}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={isWorking} disabled={Object.keys(problems).length > 0}>
            {isNew ? 'Create' : 'Save'}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

function fieldsOf(network: Network | null): Fields {
  if (network === null) {
    const names = [...world.get().networks.values()].map(({ name }) => name);
    return {
      name: freeName('Network', names),
      kind: 'natNetwork',
      subnet: '',
      mtu: 1500,
      description: '',
      uplink: null,
    };
  }
  const { name, kind, subnet, mtu, description, uplink } = network;
  return { name, kind, subnet: subnet ?? '', mtu, description, uplink };
}

/** Another kind has neither the range nor the uplink of the one before. */
const ofKind = (kind: NetworkKind): Partial<Fields> => ({
  kind,
  uplink: null,
  ...(kind === 'bridged' ? { subnet: '' } : {}),
});

/** What is wrong with what is written, by field. */
function problemsOf(fields: Fields): Partial<Record<keyof Fields, string>> {
  const subnet = fields.subnet.trim() === '' ? null : fields.subnet.trim();
  const noUplink = fields.kind === 'bridged' && fields.uplink === null;
  if (noUplink) return { uplink: 'A bridged network leads to an interface of this computer.' };
  const parsed = NetworkSettings.safeParse({ ...fields, subnet });
  if (parsed.success) return {};
  return Object.fromEntries(parsed.error.issues.map(({ path, message }) => [String(path[0]), message]));
}

function rangeNote({ kind }: Fields, isNew: boolean): string {
  if (kind === 'internal') return 'Without one, no addresses are given: the guests choose their own';
  return isNew ? 'Such as 10.0.4.0/24; the first address is kept for the gateway' : 'Such as 10.0.4.0/24';
}

function save(
  network: Network | null,
  { name, kind, subnet: written, mtu, description, uplink }: Fields,
): Promise<Network> {
  const subnet = written.trim() === '' ? null : written.trim();
  const settings = { name: name.trim(), mtu, description, uplink };
  if (network !== null) return api.network.configure({ network: network.id, ...settings, subnet });
  return api.network.create({ ...settings, kind, ...(subnet === null ? {} : { subnet }) });
}
