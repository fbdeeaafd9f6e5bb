/** A quantity with three digits that say something: `0`, `0.00042`, `1.25`, `340`. */
export function formatAmount(value: number): string {
  if (value === 0) return '0';
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return String(Number(value.toPrecision(Math.abs(value) >= 1 ? 3 : 2)));
}
