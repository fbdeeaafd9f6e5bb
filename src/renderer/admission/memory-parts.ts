import type { AdmissionNumbers } from '../../shared/model/admission.ts';

export interface MemoryPart {
  key: 'others' | 'machines' | 'promised' | 'reserve' | 'free';
  label: string;
  bytes: number;
  color: string;
}

/** The host's memory, from what is in use to what is free. The parts add up to all of it. */
export function memoryParts(numbers: AdmissionNumbers): MemoryPart[] {
  const { hostTotalBytes, availableBytes } = numbers;
  const used = Math.max(0, hostTotalBytes - availableBytes);
  const machines = Math.min(used, numbers.usedByMachinesBytes);
  const reserve = Math.min(availableBytes, numbers.hostReserveBytes);
  const promised = Math.min(availableBytes - reserve, numbers.promisedToOthersBytes);
  const free = availableBytes - reserve - promised;
  return [
    { key: 'others', label: 'Used by this computer', bytes: used - machines, color: 'var(--inn-meter-others)' },
    { key: 'machines', label: 'Used by machines', bytes: machines, color: 'var(--inn-meter-machines)' },
    { key: 'promised', label: 'Promised to machines', bytes: promised, color: 'var(--inn-meter-promised)' },
    { key: 'reserve', label: 'Kept for this computer', bytes: reserve, color: 'var(--inn-zone-amber)' },
    { key: 'free', label: 'Free', bytes: free, color: 'var(--inn-meter-free)' },
  ];
}

/** Where the needed memory begins on the scale of the picture, how much of it fits, and how much does not. */
export function neededSpan(numbers: AdmissionNumbers) {
  const parts = memoryParts(numbers);
  const free = parts.find(({ key }) => key === 'free')?.bytes ?? 0;
  const needed = numbers.memoryBytes + numbers.engineOverheadBytes;
  const start = numbers.hostTotalBytes - free;
  return {
    start,
    fits: Math.min(free, needed),
    lacks: Math.max(0, needed - free),
    scale: Math.max(numbers.hostTotalBytes, start + needed),
  };
}
