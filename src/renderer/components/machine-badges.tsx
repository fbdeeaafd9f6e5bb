import { Badge, Tooltip } from '@mantine/core';
import type { Machine } from '../../shared/model/machine.ts';
import classes from './machine-badges.module.css';

/** What is out of the ordinary about a machine: it is a template, or this run leaves nothing behind. */
export function MachineBadges({ machine }: { machine: Machine }) {
  if (!machine.config.isTemplate && !machine.isDisposable) return null;
  return (
    <span className={classes.badges}>
      {machine.config.isTemplate && (
        <Tooltip label="Kept as it is, to make other machines from">
          <Badge color="dusk">Template</Badge>
        </Tooltip>
      )}
      {machine.isDisposable && (
        <Tooltip label="What this run writes to its disks is thrown away when it ends">
          <Badge color="lantern">Changes are discarded at power off</Badge>
        </Tooltip>
      )}
    </span>
  );
}
