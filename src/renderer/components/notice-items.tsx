import { Text } from '@mantine/core';
import classes from './notice-items.module.css';

/** One of several things that a notice says. */
export interface NoticeItem {
  text: string;
  /** What to do about it. */
  hint?: string | undefined;
}

/** What a notice says: as it is when it is one thing, as a list when it is more. */
export function NoticeItems({ items }: { items: readonly NoticeItem[] }) {
  const [only] = items;
  if (only !== undefined && items.length === 1) return <ItemText item={only} />;
  return (
    <ul className={classes.items}>
      {items.map((item) => (
        <li key={item.text}>
          <ItemText item={item} />
        </li>
      ))}
    </ul>
  );
}

function ItemText({ item: { text, hint } }: { item: NoticeItem }) {
  return (
    <>
      <Text size="sm" c="var(--mantine-color-text)">
        {text}
      </Text>
      {hint !== undefined && (
        <Text size="sm" c="dimmed">
          {hint}
        </Text>
      )}
    </>
  );
}
