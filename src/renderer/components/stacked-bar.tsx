import classes from './stacked-bar.module.css';

export interface BarPart {
  key: string;
  value: number;
  color: string;
}

/** Shares of a whole, side by side. */
export function StackedBar(props: { parts: readonly BarPart[]; total: number; label: string; height?: number }) {
  const { parts, total, label, height = 6 } = props;
  const width = (value: number) => `${total <= 0 ? 0 : Math.min(100, (100 * value) / total)}%`;
  return (
    <div className={classes.bar} role="img" aria-label={label} style={{ height }}>
      {parts.map((part) => (
        <span key={part.key} style={{ width: width(part.value), background: part.color }} />
      ))}
    </div>
  );
}
