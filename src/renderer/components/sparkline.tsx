/** The path of a line through `values`, oldest first, in a box of `width` by `height`; 0 lies at the bottom. */
export function sparklinePath(values: readonly number[], top: number, width: number, height: number): string {
  if (values.length < 2) return '';
  const highest = Math.max(top, 1e-9);
  const dx = width / (values.length - 1);
  return values
    .map((value, index) => {
      const y = height - (Math.min(highest, Math.max(0, value)) / highest) * height;
      return `${index === 0 ? 'M' : 'L'}${(index * dx).toFixed(1)} ${y.toFixed(1)}`;
    })
    .join('');
}

interface SparklineProps {
  values: readonly number[];
  /** The value at the upper edge; the largest of the values when absent. */
  top?: number | undefined;
  width?: number;
  height?: number;
  color?: string;
}

/** A line without axes, for the recent past at a glance. Decorative: the number stands beside it. */
export function Sparkline(props: SparklineProps) {
  const { values, width = 64, height = 18, color = 'var(--inn-meter-machines)' } = props;
  const line = sparklinePath(values, props.top ?? Math.max(...values, 0), width, height - 1);
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      width="100%"
      height={height}
      preserveAspectRatio="none"
      aria-hidden="true"
      style={{ display: 'block' }}
    >
      {line !== '' && (
        <>
          <path d={`${line}L${width} ${height}L0 ${height}Z`} fill={color} opacity={0.14} />
          <path d={line} fill="none" stroke={color} strokeWidth={1.4} vectorEffect="non-scaling-stroke" />
        </>
      )}
    </svg>
  );
}
