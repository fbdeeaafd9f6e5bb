import { Tabs } from '@mantine/core';
import type { Icon } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import machinePage from '../machine-details/machine-page.module.css';
import classes from './tabbed-page.module.css';

interface TabbedPageProps<T extends string> {
  title: string;
  tabs: readonly { id: T; label: string; icon?: Icon | undefined }[];
  tab: T;
  onTab: (tab: NoInfer<T>) => void;
  /** Beside the title. */
  aside?: ReactNode;
  children: ReactNode;
}

/** A page of the whole program: its title, its tabs at the right, and what the chosen tab shows. */
export function TabbedPage<T extends string>({ title, tabs, tab, onTab, aside, children }: TabbedPageProps<T>) {
  const choose = (value: string | null) => {
    const chosen = tabs.find(({ id }) => id === value);
    if (chosen) onTab(chosen.id);
  };
  return (
    <div className={classes.page}>
      <Tabs value={tab} onChange={choose} classNames={{ tab: machinePage.tab ?? '', list: machinePage.tabs ?? '' }}>
        <div className={classes.head}>
          <h2>{title}</h2>
          {aside}
          <Tabs.List aria-label={title}>
            {tabs.map(({ id, label, icon: Glyph }) => (
              <Tabs.Tab key={id} value={id} leftSection={Glyph && <Glyph size={15} stroke={1.7} />}>
                {label}
              </Tabs.Tab>
            ))}
          </Tabs.List>
        </div>
      </Tabs>
      {children}
    </div>
  );
}
