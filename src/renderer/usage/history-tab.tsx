import { LineChart } from '@mantine/charts';
import { SegmentedControl, Select } from '@mantine/core';
import { useState } from 'react';
import type { UsagePoint } from '../../shared/model/usage-history.ts';
import { formatBytes } from '../../shared/units.ts';
import { api } from '../api.ts';
import { useObservable } from '../observable.ts';
import { world } from '../store.ts';
import { view } from '../view.ts';
import { historyRange, RANGES, type RangeId } from './history-ranges.ts';
import classes from './usage.module.css';
import { useAnswer } from './use-answer.ts';

const rate = (value: number) => `${formatBytes(value)}/s`;

interface Chart {
  title: string;
  format: (value: number) => string;
  lines: { name: keyof UsagePoint; label: string; color: string }[];
}

const CHARTS: Chart[] = [
  {
    title: 'Processors',
    format: (value) => value.toFixed(2),
    lines: [
      { name: 'processorUse', label: 'Average', color: 'var(--inn-meter-machines)' },
      { name: 'processorPeak', label: 'Peak', color: 'var(--inn-meter-promised)' },
    ],
  },
  {
    title: 'Memory',
    format: formatBytes,
    lines: [
      { name: 'memoryUsedBytes', label: 'Held', color: 'var(--inn-meter-machines)' },
      { name: 'memoryPromisedBytes', label: 'Promised', color: 'var(--inn-meter-promised)' },
    ],
  },
  {
    title: 'Disk',
    format: rate,
    lines: [
      { name: 'diskReadBytesPerSecond', label: 'Read', color: 'var(--inn-meter-machines)' },
      { name: 'diskWriteBytesPerSecond', label: 'Written', color: 'var(--inn-zone-amber)' },
    ],
  },
  {
    title: 'Network',
    format: rate,
    lines: [
      { name: 'networkInBytesPerSecond', label: 'In', color: 'var(--inn-meter-machines)' },
      { name: 'networkOutBytesPerSecond', label: 'Out', color: 'var(--inn-zone-amber)' },
    ],
  },
];

/** What the host, a pool or a machine used, over ten minutes up to a year. */
export function HistoryTab() {
  const machines = useObservable(world, (now) => now.machines);
  const pools = useObservable(world, (now) => now.pools);
  const chosen = useObservable(view, (now) => now.machineId);
  const [subject, setSubject] = useState<string>(chosen ?? 'host');
  const [range, setRange] = useState<RangeId>('10m');
  const { everyMs } = RANGES[range];
  const kind = [...pools.keys()].some((id) => id === subject) ? 'pool' : 'machine';
  const query = subject === 'host' ? { subject: 'host' as const } : ({ subject: kind, id: subject } as const);
  const { answer } = useAnswer(
    () => api.usage.history({ ...query, ...historyRange(range, new Date()) }),
    `${subject} ${range}`,
    everyMs,
  );
  const data = [
    { group: 'Host', items: [{ value: 'host', label: 'This computer' }] },
    { group: 'Pools', items: [...pools.values()].map(({ id, name }) => ({ value: id, label: name })) },
    { group: 'Machines', items: [...machines.values()].map(({ id, config }) => ({ value: id, label: config.name })) },
  ];
  return (
    <>
      <div className={classes.bar}>
        <Select
          aria-label="Whose history"
          searchable
          w={240}
          data={data}
          value={subject}
          onChange={(value) => setSubject(value ?? 'host')}
        />
        <SegmentedControl
          aria-label="Range"
          data={Object.entries(RANGES).map(([value, { label }]) => ({ value, label }))}
          value={range}
          onChange={(value) => setRange(value as RangeId)}
        />
      </div>
      <div className={classes.charts}>
        {CHARTS.map((chart) => (
          <HistoryChart key={chart.title} chart={chart} points={answer?.points ?? []} isLong={RANGES[range].isLong} />
        ))}
      </div>
    </>
  );
}

function HistoryChart({ chart, points, isLong }: { chart: Chart; points: UsagePoint[]; isLong: boolean }) {
  const { title, format, lines } = chart;
  const timeOf = (at: string) => {
    const date = new Date(at);
    if (isLong) return date.toLocaleDateString([], { day: 'numeric', month: 'short' });
    return date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  };
  return (
    <section className={classes.panel} aria-label={title}>
      <header>
        <h3>{title}</h3>
      </header>
      {points.length === 0 ? (
        <p className={classes.quiet}>Nothing was measured in this time.</p>
      ) : (
        <LineChart
          h={170}
          data={points}
          dataKey="at"
          series={lines}
          withDots={points.length === 1}
          withLegend
          legendProps={{ verticalAlign: 'bottom', height: 30 }}
          strokeWidth={1.4}
          curveType="linear"
          valueFormatter={format}
          yAxisProps={{ width: 80 }}
          xAxisProps={{ tickFormatter: timeOf, minTickGap: 60 }}
          tooltipProps={{ labelFormatter: (at) => new Date(String(at)).toLocaleString() }}
          lineProps={{ isAnimationActive: false }}
        />
      )}
    </section>
  );
}
