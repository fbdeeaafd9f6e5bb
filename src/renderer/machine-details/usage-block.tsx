import { IconActivity, IconAlertTriangle } from '@tabler/icons-react';
import type { Machine } from '../../shared/model/machine.ts';
import type { MachineUsage } from '../../shared/model/usage.ts';
import {
  isMemoryBeyondExpected,
  MEMORY_BEYOND_EXPECTED_HINT,
  memoryBeyondExpectedWords,
} from '../../shared/process-memory.ts';
import { formatBytes } from '../../shared/units.ts';
import { Block, Fact, Facts } from '../components/block.tsx';
import { Sparkline } from '../components/sparkline.tsx';
import { useObservable } from '../observable.ts';
import { usageSamples } from '../usage-store.ts';
import classes from './usage-block.module.css';

const SHOWN_SAMPLES = 90;

/** What this machine takes of the host at the moment. */
export function UsageBlock({ machine }: { machine: Machine }) {
  const samples = useObservable(usageSamples, (now) => now);
  const recent = samples.slice(-SHOWN_SAMPLES).flatMap((sample) => {
    const usage = sample.machines.find((each) => each.machineId === machine.id);
    return usage === undefined ? [] : [usage];
  });
  const now = recent.at(-1);
  if (now === undefined) return null;
  return (
    <Block title="Usage" icon={IconActivity}>
      <div className={classes.lines}>
        <Line
          label="Processor"
          value={`${Math.round(now.processorUse * 100)} %`}
          history={recent.map((usage) => usage.processorUse)}
          top={Math.max(machine.config.processors.count, ...recent.map((usage) => usage.processorUse))}
        />
        <Line label="Disk" value={`${formatBytes(diskRate(now))}/s`} history={recent.map(diskRate)} />
        <Line label="Network" value={`${formatBytes(networkRate(now))}/s`} history={recent.map(networkRate)} />
      </div>
      <Facts>
        <Fact label="Memory">
          {formatBytes(now.memoryUsedBytes)} held for {formatBytes(now.memoryPromisedBytes)} promised
        </Fact>
        <Fact label="Processor time">{formatSeconds(now.processorSeconds)}</Fact>
      </Facts>
      <MemoryWarning machine={machine} usage={now} />
    </Block>
  );
}

/** Says that the process has grown too large, and what to do; nothing while it is as expected. */
function MemoryWarning({ machine: { config, engine }, usage }: { machine: Machine; usage: MachineUsage }) {
  if (engine === null || !isMemoryBeyondExpected(engine, usage)) return null;
  return (
    <p className={classes.warning} role="status">
      <IconAlertTriangle size={17} stroke={1.7} aria-hidden />
      <span>
        <b>{memoryBeyondExpectedWords(config.name, engine, usage)}</b> {MEMORY_BEYOND_EXPECTED_HINT}
      </span>
    </p>
  );
}

const diskRate = (usage: MachineUsage) => usage.diskReadBytesPerSecond + usage.diskWriteBytesPerSecond;
const networkRate = (usage: MachineUsage) => usage.networkInBytesPerSecond + usage.networkOutBytesPerSecond;

/** `41 s`, `3 min 05 s`, `2 h 10 min`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (part: number) => String(part).padStart(2, '0');
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

function Line(props: { label: string; value: string; history: readonly number[]; top?: number }) {
  return (
    <div className={classes.line}>
      <span>{props.label}</span>
      <Sparkline values={props.history} top={props.top} width={120} height={22} />
      <b>{props.value}</b>
    </div>
  );
}
