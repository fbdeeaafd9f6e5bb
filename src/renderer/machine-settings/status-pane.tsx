import { Anchor } from '@mantine/core';
import type { Issue } from '../../shared/model/machine.ts';
import type { SettingsPage } from '../dialogs.ts';
import { PAGE_LOOKS } from './page-list.tsx';
import classes from './settings.module.css';
import { placeOf } from './settings-fields.ts';

const SHOWN = 3;

/** What is wrong, and on which page; errors first. A click goes there. */
export function StatusPane({ issues, onPage }: { issues: readonly Issue[]; onPage(page: SettingsPage): void }) {
  const sorted = [...issues].sort((a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'));
  return (
    <div className={classes.status} role="status" aria-label="Invalid settings">
      {sorted.slice(0, SHOWN).map((issue) => {
        const { page, label } = placeOf(issue.field);
        return (
          <p key={`${issue.field} ${issue.message}`} data-severity={issue.severity}>
            <Anchor component="button" type="button" fz="inherit" c="inherit" fw={500} onClick={() => onPage(page)}>
              {PAGE_LOOKS[page].label}: {label}
            </Anchor>{' '}
            – {issue.message}
          </p>
        );
      })}
      {sorted.length > SHOWN && <p>and {sorted.length - SHOWN} more</p>}
    </div>
  );
}
