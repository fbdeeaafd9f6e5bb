import { Badge, Button, Text } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconRefresh, IconX } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import type { Ability, EngineCapabilities, EngineInfo, Finding } from '../../shared/model/engine.ts';
import type { HostInfo } from '../../shared/model/host.ts';
import { formatBytes, formatMiB } from '../../shared/units.ts';
import { api } from '../api.ts';
import { Fact, Facts } from '../components/block.tsx';
import { type AbilityName, loadEngines, useEngines } from '../engines.ts';
import { attempt } from '../notify.tsx';
import classes from './doctor-page.module.css';

/** The engines of this computer: what they can do, what is missing, and what would help. */
export function DoctorPage() {
  const engines = useEngines();
  const [host, setHost] = useState<HostInfo>();
  const examine = () => {
    void loadEngines();
    void attempt(async () => setHost(await api.host.info({})));
  };
  useEffect(examine, []);
  return (
    <div className={classes.page}>
      <header className={classes.head}>
        <div>
          <h2>Doctor</h2>
          <Text c="dimmed">Which engines this computer has, and what they can do.</Text>
        </div>
        <Button variant="default" leftSection={<IconRefresh size={14} />} onClick={examine}>
          Examine again
        </Button>
      </header>
      {host !== undefined && <HostCard host={host} />}
      {engines.map((engine) => (
        <EngineCard key={engine.id} engine={engine} />
      ))}
    </div>
  );
}

function HostCard({ host }: { host: HostInfo }) {
  return (
    <section className={classes.card} aria-label="This computer">
      <h3>{host.hostname}</h3>
      <Facts>
        <Fact label="System">
          {host.osName}, {host.architecture}
        </Fact>
        <Fact label="Processor">
          {host.processorModel}, {host.processors} available
        </Fact>
        <Fact label="Memory">
          {formatBytes(host.memoryAvailableBytes)} free of {formatBytes(host.memoryTotalBytes)}
        </Fact>
        <Fact label="Data folder">
          {host.dataFolder} ({formatBytes(host.storageFreeBytes)} free)
        </Fact>
      </Facts>
    </section>
  );
}

function EngineCard({ engine }: { engine: EngineInfo }) {
  const { capabilities } = engine;
  return (
    <section className={classes.card} aria-label={engine.name}>
      <div className={classes.title}>
        <h3>{engine.name}</h3>
        {engine.version !== null && <span className={classes.quiet}>{engine.version}</span>}
        {engine.acceleration !== null && <Badge color="gray">{engine.acceleration}</Badge>}
        <span className={classes.verdict} data-ready={engine.isAvailable || undefined}>
          {engine.isAvailable ? 'Ready' : 'Not available'}
        </span>
      </div>
      {engine.findings.map((finding) => (
        <FindingLine key={`${finding.subject} ${finding.cause}`} finding={finding} />
      ))}
      {engine.isAvailable && <Abilities capabilities={capabilities} />}
    </section>
  );
}

function FindingLine({ finding }: { finding: Finding }) {
  return (
    <div className={classes.finding} data-good={finding.isGood || undefined}>
      {finding.isGood ? (
        <IconCheck size={15} aria-label="Good" />
      ) : (
        <IconAlertTriangle size={15} aria-label="Lacking" />
      )}
      <div>
        <b>{finding.subject}</b> {finding.cause}
        {finding.cure !== null && <div className={classes.quiet}>{finding.cure}</div>}
      </div>
    </div>
  );
}

const ABILITY_LABELS: Record<AbilityName, string> = {
  saveState: 'Save State',
  warmStart: 'Warm start',
  executionCap: 'Execution cap',
  powerButton: 'ACPI Shutdown',
  changeMedium: 'Change discs while running',
  liveSnapshot: 'Live snapshots',
  balloon: 'Memory balloon',
  hotplug: 'Hot-plug',
  uefi: 'UEFI',
  secureBoot: 'Secure Boot',
  tpm: 'TPM 2.0',
  watchdog: 'Watchdog',
  audio: 'Sound',
};

function Abilities({ capabilities }: { capabilities: EngineCapabilities }) {
  const abilities = Object.entries(ABILITY_LABELS) as [AbilityName, string][];
  return (
    <div className={classes.abilities}>
      <Facts>
        <Fact label="Memory">up to {formatMiB(capabilities.maxMemoryMiB)}</Fact>
        <Fact label="Processors">up to {capabilities.maxProcessors}</Fact>
        <Fact label="Guests">{capabilities.architectures.join(', ')}</Fact>
        <Fact label="Disk formats">{capabilities.formats.join(', ')}</Fact>
      </Facts>
      <ul>
        {abilities.map(([name, label]) => (
          <AbilityLine key={name} label={label} ability={capabilities[name]} />
        ))}
      </ul>
    </div>
  );
}

function AbilityLine({ label, ability }: { label: string; ability: Ability }) {
  return (
    <li data-lacking={!ability.isAvailable || undefined}>
      {ability.isAvailable ? (
        <IconCheck size={13} className={classes.tick} aria-label="Yes" />
      ) : (
        <IconX size={13} className={classes.tick} aria-label="No" />
      )}
      <span>
        {label}
        {ability.reason !== null && !ability.isAvailable && <span className={classes.quiet}> – {ability.reason}</span>}
      </span>
    </li>
  );
}
