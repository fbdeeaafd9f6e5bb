import { Modal } from '@mantine/core';
import type { Machine } from '../../../shared/model/machine.ts';
import { api } from '../../api.ts';
import { useCovers } from '../../components/covering.ts';
import { useMachine, useNetworks } from '../../store.ts';
import { attachments } from '../attachments.ts';
import classes from '../networks.module.css';
import { useWatched } from '../use-watched.ts';
import { ForwardForm } from './forward-form.tsx';
import { ForwardsTable } from './forwards-table.tsx';

interface ForwardsDialogProps {
  machine: Machine;
  onClose(): void;
}

const EVERY_MS = 1500;

/** The ports of this computer that lead to one machine. They are changed at once, also while it runs. */
export function ForwardsDialog({ machine, onClose }: ForwardsDialogProps) {
  useCovers();
  const networks = useNetworks();
  const saved = useMachine(machine.id) ?? machine;
  const own = [...networks.values()].filter(({ forwards }) =>
    forwards.some(({ machineId }) => machineId === machine.id),
  );
  const forwards = own.flatMap((network) => network.forwards.filter(({ machineId }) => machineId === machine.id));
  const ids = own.map(({ id }) => id);
  const { answer } = useWatched(
    () => Promise.all(ids.map((network) => api.network.get({ network }))),
    forwards.map(({ id }) => id).join(),
    EVERY_MS,
  );
  const isAttached = attachments([saved], networks.values()).some(({ network }) => network !== undefined);
  return (
    <Modal opened onClose={onClose} title={`Port forwards to ${saved.config.name}`} size={780}>
      <p className={classes.note}>
        A program that connects to the port of this computer reaches the guest's port. Changes hold at once.
      </p>
      <ForwardsTable forwards={forwards} states={(answer ?? []).flatMap((details) => details.forwards)} />
      {isAttached ? (
        <ForwardForm machines={[saved]} network={null} />
      ) : (
        <p className={classes.note}>
          The machine, as it is saved, has no adapter on a network; no port can lead to it.
        </p>
      )}
    </Modal>
  );
}
