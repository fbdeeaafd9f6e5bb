import type { AdmissionNumbers } from '../../shared/model/admission.ts';
import { formatBytes } from '../../shared/units.ts';
import { memoryParts, neededSpan } from './memory-parts.ts';
import classes from './no-room.module.css';

/** The host's memory as a bar, and under it what the machine needs: where the red begins, there is none left. */
export function MemoryPicture({ numbers, name }: { numbers: AdmissionNumbers; name: string }) {
  const parts = memoryParts(numbers);
  const { start, fits, lacks, scale } = neededSpan(numbers);
  const percent = (bytes: number) => `${scale === 0 ? 0 : (100 * bytes) / scale}%`;
  const needed = formatBytes(numbers.memoryBytes + numbers.engineOverheadBytes);
  const label = `${needed} needed, ${formatBytes(fits)} of it free; ${parts.map((part) => `${part.label}: ${formatBytes(part.bytes)}`).join(', ')}`;
  return (
    <figure className={classes.picture}>
      <div role="img" aria-label={label}>
        <div className={classes.bar} style={{ width: percent(numbers.hostTotalBytes) }}>
          {parts.map(({ key, bytes, color }) => (
            <span key={key} style={{ flexGrow: bytes, background: color }} data-part={key} />
          ))}
        </div>
        <div className={classes.bar} data-is-need>
          <span style={{ width: percent(start) }} />
          <span style={{ width: percent(fits), background: 'var(--inn-zone-green)' }} />
          <span style={{ width: percent(lacks), background: 'var(--inn-zone-red)' }} />
        </div>
      </div>
      <dl className={classes.legend}>
        {parts.map(({ key, label: words, bytes, color }) => (
          <Line key={key} words={words} bytes={bytes} color={color} />
        ))}
        <Line
          words={`Needed by ${name}`}
          bytes={numbers.memoryBytes + numbers.engineOverheadBytes}
          color="linear-gradient(90deg, var(--inn-zone-green) 50%, var(--inn-zone-red) 50%)"
        />
      </dl>
    </figure>
  );
}

function Line({ words, bytes, color }: { words: string; bytes: number; color: string }) {
  return (
    <div>
      <dt>
        <i style={{ background: color }} />
        {words}
      </dt>
      <dd>{formatBytes(bytes)}</dd>
    </div>
  );
}
