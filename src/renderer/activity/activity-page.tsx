import { type ComponentType, useMemo } from 'react';
import { TabbedPage } from '../components/tabbed-page.tsx';
import { meterNumbers } from '../meter/meter-numbers.ts';
import { useObservable } from '../observable.ts';
import { PoolsTab } from '../pools/pools-tab.tsx';
import { useMachines } from '../store.ts';
import { AdviceTab } from '../usage/advice-tab.tsx';
import { HistoryTab } from '../usage/history-tab.tsx';
import { UsageTab } from '../usage/usage-tab.tsx';
import { usageSamples } from '../usage-store.ts';
import { type ActivityTab, showActivity, view } from '../view.ts';
import classes from './activity.module.css';
import { activityRows } from './activity-rows.ts';
import { ActivityTable } from './activity-table.tsx';
import { HostRings } from './host-rings.tsx';
import { WhoUses } from './who-uses.tsx';

const TABS: { id: ActivityTab; label: string; Content: ComponentType }[] = [
  { id: 'now', label: 'Overview', Content: Overview },
  { id: 'history', label: 'History', Content: HistoryTab },
  { id: 'pools', label: 'Pools', Content: PoolsTab },
  { id: 'usage', label: 'Usage', Content: UsageTab },
  { id: 'advice', label: 'Advice', Content: AdviceTab },
];

/** What the host and its machines do, have done, and may do. */
export function ActivityPage() {
  const tab = useObservable(view, (now) => now.activityTab);
  const { Content } = TABS.find(({ id }) => id === tab) ?? { Content: Overview };
  return (
    <TabbedPage title="Activity" tabs={TABS} tab={tab} onTab={showActivity}>
      <div className={classes.content}>
        <Content />
      </div>
    </TabbedPage>
  );
}

function Overview() {
  const samples = useObservable(usageSamples, (now) => now);
  const machines = useMachines();
  const latest = samples.at(-1);
  const numbers = useMemo(
    () => (latest === undefined ? undefined : meterNumbers(latest, machines.values())),
    [latest, machines],
  );
  const rows = useMemo(() => activityRows(machines.values(), samples.slice(-60)), [machines, samples]);
  if (numbers === undefined) return <p className={classes.quiet}>Measuring…</p>;
  return (
    <>
      <HostRings numbers={numbers} />
      <WhoUses samples={samples} />
      <ActivityTable rows={rows} />
    </>
  );
}
