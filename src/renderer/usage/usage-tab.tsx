import { ActionIcon, Button, Group, Menu, SegmentedControl } from '@mantine/core';
import { IconChevronLeft, IconChevronRight, IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import { ReportGrouping } from '../../shared/model/usage-report.ts';
import { api } from '../api.ts';
import { attempt } from '../notify.tsx';
import { BudgetList } from './budget-list.tsx';
import { monthAfter, monthOf, monthWords, rangeOf } from './months.ts';
import { PricesDialog } from './prices-dialog.tsx';
import { ReportTable } from './report-table.tsx';
import classes from './usage.module.css';
import { useAnswer } from './use-answer.ts';

const GROUPINGS: { value: ReportGrouping; label: string }[] = [
  { value: 'machine', label: 'By machine' },
  { value: 'pool', label: 'By pool' },
  { value: 'day', label: 'By day' },
];
const EVERY_MS = 15_000;

/** The statement of a month: what was used by whom, what it costs, and how far the budgets are used. */
export function UsageTab() {
  const [month, setMonth] = useState(() => monthOf(new Date()));
  const [by, setBy] = useState<ReportGrouping>('machine');
  const [hasPrices, setPrices] = useState(false);
  const query = { ...rangeOf(month), by };
  const { answer: report, again } = useAnswer(() => api.usage.report(query), JSON.stringify(query), EVERY_MS);
  const isNow = JSON.stringify(month) === JSON.stringify(monthOf(new Date()));
  return (
    <>
      <div className={classes.bar}>
        <Group gap={2}>
          <ActionIcon aria-label="Month before" onClick={() => setMonth(monthAfter(month, -1))}>
            <IconChevronLeft size={16} />
          </ActionIcon>
          <b className={classes.month} aria-live="polite">
            {monthWords(month)}
          </b>
          <ActionIcon aria-label="Month after" disabled={isNow} onClick={() => setMonth(monthAfter(month, 1))}>
            <IconChevronRight size={16} />
          </ActionIcon>
        </Group>
        <SegmentedControl
          aria-label="Grouping"
          data={GROUPINGS}
          value={by}
          onChange={(value) => setBy(ReportGrouping.parse(value))}
        />
        <span className={classes.gap} />
        <Button variant="default" onClick={() => setPrices(true)}>
          Prices
        </Button>
        <Menu position="bottom-end">
          <Menu.Target>
            <Button variant="default" leftSection={<IconDownload size={14} />}>
              Export
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => void download(query, 'csv')}>CSV, for spreadsheets</Menu.Item>
            <Menu.Item onClick={() => void download(query, 'json')}>JSON, for programs</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </div>
      {report !== undefined && <ReportTable report={report} title={monthWords(month)} />}
      <BudgetList />
      {hasPrices && (
        <PricesDialog
          onClose={() => setPrices(false)}
          onSaved={() => {
            setPrices(false);
            again();
          }}
        />
      )}
    </>
  );
}

/** Saves the statement where the browser puts downloads. */
async function download(
  query: { from: string; to: string; by: ReportGrouping },
  format: 'csv' | 'json',
): Promise<void> {
  await attempt(async () => {
    const { fileName, mediaType, text } = await api.usage.export({ ...query, format });
    const link = document.createElement('a');
    link.href = `data:${mediaType};charset=utf-8,${encodeURIComponent(text)}`;
    link.download = fileName;
    link.click();
  });
}
