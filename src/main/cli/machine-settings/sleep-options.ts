import { type Command, InvalidArgumentError } from 'commander';
import type { MachineConfig } from '../../../shared/model/machine.ts';
import { IdlePolicy, NO_IDLE_POLICY, ScheduleEntry } from '../../../shared/model/resources.ts';

export interface SleepOptions {
  idle?: IdlePolicy;
  schedule?: ScheduleEntry[];
}

/** `--idle` and `--schedule` of `inn set`. */
export function addSleepOptions(command: Command): Command {
  return command
    .option('--idle <steps>', 'when nobody uses it, such as balloon:5m,pause:15m,save:1h; none for never', idlePolicy)
    .option(
      '--schedule <entry>',
      'a time such as "mon-fri 08:00 start", "daily 18:30 save" or "sat,sun 23:00 shutdown"; again for more; none for no time',
      schedule,
    );
}

/** The configuration with what the options say about sleep. */
export function withSleep(config: MachineConfig, { idle, schedule: entries }: SleepOptions): MachineConfig {
  const { resources } = config;
  return {
    ...config,
    resources: { ...resources, idle: idle ?? resources.idle, schedule: entries ?? resources.schedule },
  };
}

const STEPS = { balloon: 'balloonAfterMinutes', pause: 'pauseAfterMinutes', save: 'saveAfterMinutes' } as const;
const MINUTES = { s: 1 / 60, m: 1, h: 60, d: 24 * 60 } as const;

/** `pause:5m,save:1.5h`; a bare number is in minutes. */
export function idlePolicy(text: string): IdlePolicy {
  if (text === 'none') return NO_IDLE_POLICY;
  const policy = { ...NO_IDLE_POLICY };
  for (const part of text.split(',')) {
    const match = /^(balloon|pause|save):(\d+(?:\.\d+)?)([smhd]?)$/.exec(part.trim());
    if (!match) throw new InvalidArgumentError('It must be steps such as balloon:5m,pause:15m,save:1h, or none.');
    const [, step, amount, unit] = match;
    policy[STEPS[step as keyof typeof STEPS]] = Number(amount) * MINUTES[(unit || 'm') as keyof typeof MINUTES];
  }
  const parsed = IdlePolicy.safeParse(policy);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError('Each step comes after 3 seconds at least.');
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const ACTIONS = { start: 'start', save: 'save', shutdown: 'powerButton' } as const;
const SCHEDULE_HELP = 'It must be days, a time and what is done, such as "mon-fri 08:00 start" or "daily 18:30 save".';

/** One entry more, or several that are parted by semicolons. */
export function schedule(text: string, before: ScheduleEntry[] = []): ScheduleEntry[] {
  if (text === 'none') return [];
  return [...before, ...text.split(';').map((entry) => scheduleEntry(entry.trim()))];
}

function scheduleEntry(text: string): ScheduleEntry {
  const [days = '', time = '', action = ''] = text.toLowerCase().split(/\s+/);
  if (!Object.hasOwn(ACTIONS, action)) throw new InvalidArgumentError(SCHEDULE_HELP);
  const parsed = ScheduleEntry.safeParse({
    days: days === 'daily' ? [] : days.split(',').flatMap(dayRange),
    time,
    action: ACTIONS[action as keyof typeof ACTIONS],
  });
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(SCHEDULE_HELP);
}

/** `mon` or `fri-mon`, which goes over the weekend. */
function dayRange(text: string): number[] {
  const [first = -1, last = first] = text.split('-').map((day) => DAYS.indexOf(day.slice(0, 3)));
  if (first < 0 || last < 0) throw new InvalidArgumentError(SCHEDULE_HELP);
  const count = ((last - first + 7) % 7) + 1;
  return Array.from({ length: count }, (_, index) => (first + index) % 7);
}
