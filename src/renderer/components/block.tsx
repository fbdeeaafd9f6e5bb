import { UnstyledButton } from '@mantine/core';
import { type Icon, IconChevronDown } from '@tabler/icons-react';
import { type ReactNode, useId } from 'react';
import { useObservable } from '../observable.ts';
import { preferences, setPreference, toggled } from '../view.ts';
import classes from './block.module.css';

interface BlockProps {
  title: string;
  icon: Icon;
  children: ReactNode;
  /** A link at the right end of the title, such as "Edit". */
  action?: ReactNode;
}

/** A titled part of a page that can be folded away; the window remembers which are. */
export function Block({ title, icon: Glyph, children, action }: BlockProps) {
  const id = useId();
  const collapsed = useObservable(preferences, (now) => now.collapsedBlocks);
  const isOpen = !collapsed.includes(title);
  return (
    <section className={classes.block} aria-labelledby={id}>
      <header className={classes.head}>
        <UnstyledButton
          className={classes.title}
          aria-expanded={isOpen}
          onClick={() => setPreference('collapsedBlocks', toggled(collapsed, title))}
        >
          <Glyph size={15} stroke={1.7} aria-hidden />
          <h3 id={id}>{title}</h3>
          <IconChevronDown size={13} className={classes.chevron} data-open={isOpen || undefined} aria-hidden />
        </UnstyledButton>
        {action}
      </header>
      {isOpen && <div className={classes.body}>{children}</div>}
    </section>
  );
}

/** Name and value lines of a block. */
export function Facts({ children }: { children: ReactNode }) {
  return <dl className={classes.facts}>{children}</dl>;
}

export function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </>
  );
}
