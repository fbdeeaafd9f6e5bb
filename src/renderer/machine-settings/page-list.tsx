import { NavLink } from '@mantine/core';
import {
  type Icon,
  IconAlertTriangleFilled,
  IconCpu,
  IconCpu2,
  IconDatabase,
  IconDeviceDesktop,
  IconInfoCircle,
  IconNetwork,
  IconScale,
  IconVolume,
} from '@tabler/icons-react';
import type { Issue } from '../../shared/model/machine.ts';
import type { SettingsPage } from '../dialogs.ts';
import classes from './settings.module.css';
import { placeOf } from './settings-fields.ts';

export const PAGE_LOOKS: Record<SettingsPage, { icon: Icon; label: string }> = {
  general: { icon: IconInfoCircle, label: 'General' },
  system: { icon: IconCpu, label: 'System' },
  processor: { icon: IconCpu2, label: 'Processor' },
  claims: { icon: IconScale, label: 'Claims and idleness' },
  display: { icon: IconDeviceDesktop, label: 'Display' },
  storage: { icon: IconDatabase, label: 'Storage' },
  audio: { icon: IconVolume, label: 'Audio' },
  network: { icon: IconNetwork, label: 'Network' },
};

interface PageListProps {
  page: SettingsPage;
  onPage(page: SettingsPage): void;
  issues: readonly Issue[];
}

/** The categories at the left; one with an issue carries a sign. */
export function PageList({ page, onPage, issues }: PageListProps) {
  return (
    <nav className={classes.pages} aria-label="Settings pages">
      {(Object.keys(PAGE_LOOKS) as SettingsPage[]).map((each) => {
        const { icon: Glyph, label } = PAGE_LOOKS[each];
        const severity = worst(issues.filter((issue) => placeOf(issue.field).page === each));
        return (
          <NavLink
            key={each}
            component="button"
            label={label}
            active={each === page}
            aria-current={each === page}
            leftSection={<Glyph size={16} stroke={1.7} />}
            rightSection={
              severity === undefined ? null : (
                <IconAlertTriangleFilled
                  size={13}
                  className={classes.sign}
                  data-severity={severity}
                  aria-label={severity}
                />
              )
            }
            onClick={() => onPage(each)}
          />
        );
      })}
    </nav>
  );
}

function worst(issues: readonly Issue[]): Issue['severity'] | undefined {
  if (issues.length === 0) return undefined;
  return issues.some((issue) => issue.severity === 'error') ? 'error' : 'warning';
}
