import { AreaChart } from '@mantine/charts';
import { SegmentedControl } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { MachineId } from '../../shared/model/machine.ts';
import type { MachineUsage, UsageSample } from '../../shared/model/usage.ts';
import { formatBytes } from '../../shared/units.ts';
import { formatProcessors } from '../meter/meter-numbers.ts';
import { useMachines } from '../store.ts';
import classes from './activity.module.css';
import { diskRate, networkRate } from './activity-rows.ts';
import { OTHER_LAYER, stackedHistory } from './stacked-history.ts';

const LAYER_COLORS = ['#5162b6', '#1f9d55', '#e0a63a', '#b0219b', '#2a9bb5', '#d0605a'];

const KINDS = [
  {
    value: 'processor',
    label: 'Processor',
    pick: (usage: MachineUsage) => usage.processorUse,
    format: formatProcessors,
  },
  { value: 'memory', label: 'Memory', pick: (usage: MachineUsage) => usage.memoryUsedBytes, format: formatBytes },
  {
    value: 'disk',
    label: 'Disk',
    pick: diskRate,
    format: (value: number) => `${formatBytes(value)}/s`,
  },
  {
    value: 'network',
    label: 'Network',
    pick: networkRate,
    format: (value: number) => `${formatBytes(value)}/s`,
  },
] as const;

/** Stacked: which machine used how much over the last minutes. */
export function WhoUses({ samples }: { samples: readonly UsageSample[] }) {
  const [kind, setKind] = useState<string>('processor');
  const machines = useMachines();
  const { pick, format, label } = KINDS.find(({ value }) => value === kind) ?? KINDS[0];
  const { layers, points } = useMemo(
    () => stackedHistory(samples, pick, (id: MachineId) => machines.get(id)?.config.name ?? 'Removed machine'),
    [samples, pick, machines],
  );
  const series = layers.map(({ key, name }, index) => ({
    name: key,
    label: name,
    color: key === OTHER_LAYER ? 'var(--inn-meter-others)' : (LAYER_COLORS[index % LAYER_COLORS.length] ?? '#5162b6'),
  }));
  return (
    <section className={classes.panel} aria-label="Who uses the host">
      <header>
        <h3>Who uses the host</h3>
        <SegmentedControl
          aria-label="Resource"
          data={KINDS.map(({ value, label: name }) => ({ value, label: name }))}
          value={kind}
          onChange={setKind}
        />
      </header>
      {series.length === 0 ? (
        <p className={classes.quiet}>No machine has run in the last minutes.</p>
      ) : (
        <AreaChart
          h={190}
          type="stacked"
          data={points}
          dataKey="at"
          series={series}
          withDots={false}
          withLegend
          legendProps={{ verticalAlign: 'bottom', height: 34 }}
          strokeWidth={1.2}
          fillOpacity={0.45}
          curveType="linear"
          valueFormatter={format}
          gridAxis="x"
          yAxisProps={{ width: 76 }}
          xAxisProps={{ tickFormatter: timeOf, minTickGap: 60 }}
          tooltipProps={{ labelFormatter: (at) => timeOf(String(at)) }}
          areaProps={{ isAnimationActive: false }}
          role="img"
          aria-label={`${label} by machine over the last minutes`}
        />
      )}
    </section>
  );
}

function timeOf(at: string): string {
  return new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
}
