/** A calendar month on this computer's clock. `index` is 0 for January. */
export interface Month {
  year: number;
  index: number;
}

export function monthOf(date: Date): Month {
  return { year: date.getFullYear(), index: date.getMonth() };
}

export function monthAfter({ year, index }: Month, steps: number): Month {
  return monthOf(new Date(year, index + steps, 1));
}

/** From its first moment to the first of the next one. */
export function rangeOf({ year, index }: Month): { from: string; to: string } {
  return { from: new Date(year, index, 1).toISOString(), to: new Date(year, index + 1, 1).toISOString() };
}

export function monthWords({ year, index }: Month): string {
  return new Date(year, index, 1).toLocaleDateString([], { month: 'long', year: 'numeric' });
}
