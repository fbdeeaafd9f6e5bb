import type { Network } from '../../../shared/model/virtual-network.ts';
import { api } from '../../api.ts';
import { Question } from '../../components/question.tsx';
import { attempt, notifySuccess } from '../../notify.tsx';

/** Asks before a network goes. */
export function RemoveNetworkDialog({ network, onClose }: { network: Network; onClose(): void }) {
  const { id, name, forwards } = network;
  const lost = forwards.length === 0 ? '' : ` Its ${forwards.length} port forwards go with it.`;
  const remove = () =>
    attempt(async () => {
      await api.network.remove({ network: id });
      notifySuccess(`The network '${name}' was removed.`);
    });
  return (
    <Question
      title={`Remove the network '${name}'?`}
      action="Remove"
      isDangerous
      onAction={() => void remove()}
      onClose={onClose}
    >
      <span>No machine is on it.{lost}</span>
    </Question>
  );
}
