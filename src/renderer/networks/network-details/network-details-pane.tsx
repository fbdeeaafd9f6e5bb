import { Tabs } from '@mantine/core';
import { useState } from 'react';
import { api } from '../../api.ts';
import { FailureLine } from '../../components/failure-line.tsx';
import type { NetworkRow } from '../attachments.ts';
import { ForwardForm } from '../forwards/forward-form.tsx';
import { ForwardsTable } from '../forwards/forwards-table.tsx';
import { KIND_NOTES } from '../network-words.ts';
import classes from '../networks.module.css';
import { UplinkLine } from '../uplinks/uplink-line.tsx';
import { useWatched } from '../use-watched.ts';
import { CapturesPanel } from './captures-panel.tsx';
import { PortsTable } from './ports-table.tsx';
import { LeasesTable, RefusalsTable } from './small-tables.tsx';

const EVERY_MS = 1000;

/** Everything about one network as it is now: who is on it, addresses given, forwards, captures, and what was refused. */
export function NetworkDetailsPane({ row }: { row: NetworkRow }) {
  const { network, machines } = row;
  const [tab, setTab] = useState<string | null>('ports');
  const { answer, failure } = useWatched(() => api.network.get({ network: network.id }), network.id, EVERY_MS);
  const count = (label: string, many: number | undefined) => (many ? `${label} (${many})` : label);
  const ipv6 = answer?.ipv6 == null ? '' : ` · IPv6 ${answer.ipv6.prefix}, gateway ${answer.ipv6.gatewayAddress}`;
  const gateway = answer?.gatewayAddress == null ? '' : ` · gateway ${answer.gatewayAddress}`;
  return (
    <section className={classes.details} aria-label={`Network ${network.name}`}>
      <header>
        <h3>{network.name}</h3>
        <p className={classes.note}>
          {network.description || KIND_NOTES[network.kind]}
          {gateway} · MTU {network.mtu}
          {ipv6}
        </p>
        <UplinkLine network={network} state={answer?.uplink ?? null} />
      </header>
      <Tabs value={tab} onChange={setTab}>
        <Tabs.List aria-label={`About ${network.name}`} px={6}>
          <Tabs.Tab value="ports">{count('Machines', answer?.ports.length)}</Tabs.Tab>
          <Tabs.Tab value="forwards">{count('Port forwards', network.forwards.length)}</Tabs.Tab>
          <Tabs.Tab value="leases">{count('Leases', answer?.leases.length)}</Tabs.Tab>
          <Tabs.Tab value="captures">{count('Captures', answer?.captures.length)}</Tabs.Tab>
          <Tabs.Tab value="refusals">{count('Refusals', answer?.refusals.length)}</Tabs.Tab>
        </Tabs.List>
      </Tabs>
      <div className={classes.panel}>
        {failure !== null && <FailureLine failure={failure} />}
        {answer !== undefined && tab === 'ports' && <PortsTable details={answer} />}
        {tab === 'forwards' && (
          <>
            <ForwardsTable forwards={network.forwards} states={answer?.forwards ?? []} />
            <ForwardForm machines={machines} network={network} />
          </>
        )}
        {answer !== undefined && tab === 'leases' && <LeasesTable leases={answer.leases} />}
        {tab === 'captures' && (
          <CapturesPanel
            network={network}
            machines={machines}
            captures={answer?.captures ?? []}
            isRunning={answer?.isRunning ?? false}
          />
        )}
        {answer !== undefined && tab === 'refusals' && <RefusalsTable refusals={answer.refusals} />}
      </div>
    </section>
  );
}
