/**
 * Kills the core at random moments of what it does, again and again, and looks each time whether the next core's records
 * are true. As a program: `kill-storm.ts [kills]`; each kill cuts off one action on each of three machines.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { QmpClient } from '../../src/main/engines/qmp/client.ts';
import { makePaths } from '../../src/main/paths.ts';
import { isRest, isTransient, type MachineState } from '../../src/shared/machine-state.ts';
import { homeEnv, makeHome, type RealCore, startRealCore, tearDown } from '../support/real-core.ts';

type Action = 'start' | 'pause' | 'resume' | 'reset' | 'saveState' | 'powerOff';
type Machine = Awaited<ReturnType<RealCore['client']['machine']['get']>>;

export interface StormReport {
  kills: number;
  /** Actions that were under way when the core was killed, by name. */
  cutOff: Record<string, number>;
  /** States in which the next core found the machines, by `action → state (reason)`. */
  found: Record<string, number>;
  /** What was not true, in words; empty when all was well. */
  faults: string[];
}

const MACHINES = 3;
/** The latest moment of the kill, in milliseconds after the actions began; early ones are as likely as late ones. */
const LONGEST_MS = 2_000;
/** How often the machines are brought to run between two kills, so that more than starts can be cut off. */
const START_CHANCE = 0.6;
const SETTLE_TIMEOUT_MS = 90_000;
/** How QEMU's words for a machine that is on agree with the records' (QMP reference, "RunState"). */
const WORDS: Record<string, MachineState> = { running: 'Running', paused: 'Paused' };

/** @throws Error when a core does not start, or a machine cannot be started again */
export async function killStorm(kills: number, random: () => number = Math.random): Promise<StormReport> {
  const report: StormReport = { kills, cutOff: {}, found: {}, faults: [] };
  const mark = `storm-${crypto.randomUUID().slice(0, 8)}`;
  const names = Array.from({ length: MACHINES }, (_, index) => `${mark}-${index}`);
  let core = await startRealCore(await makeHome());
  try {
    for (const name of names) await core.client.machine.create({ name, isDemo: true, engine: 'embedded' });
    for (let kill = 0; kill < kills; kill += 1) {
      const actions = await Promise.all(names.map((name) => begin(core, name, random)));
      await new Promise((resolve) => setTimeout(resolve, LONGEST_MS ** random()));
      await core.end('SIGKILL');
      core = await startRealCore(core.home);
      const truth = await untilTrue(core, names, mark);
      report.faults.push(...truth.faults.map((fault) => `kill ${kill}: ${fault}`));
      if (random() < START_CHANCE) report.faults.push(...(await startAll(core, names)));
      for (const [index, action] of actions.entries()) {
        const { state = '?', reason = '?' } = truth.machines[index] ?? {};
        count(report.cutOff, action);
        count(report.found, `${action} → ${state} (${reason})`);
      }
    }
    report.faults.push(...(await startAll(core, names)), ...(await endAll(core, names, mark)));
    return report;
  } finally {
    await tearDown(core);
  }
}

/** Begins an action that the machine's state allows, and does not wait for it. */
async function begin(core: RealCore, name: string, random: () => number): Promise<Action> {
  const { machine: call } = core.client;
  const { state } = await call.get({ machine: name });
  const actions = actionsIn(state);
  const action = actions[Math.floor(random() * actions.length)] ?? 'powerOff';
  call[action]({ machine: name }).catch(() => undefined); // the core dies under it
  return action;
}

function actionsIn(state: MachineState): Action[] {
  if (isRest(state)) return ['start'];
  if (state === 'Running') return ['pause', 'saveState', 'saveState', 'reset', 'powerOff'];
  return state === 'Paused' ? ['resume', 'saveState', 'powerOff'] : ['powerOff'];
}

/** Looks until all records agree with all processes, and returns what still does not when the time is up. */
async function untilTrue(
  core: RealCore,
  names: string[],
  mark: string,
): Promise<{ machines: Machine[]; faults: string[] }> {
  const end = Date.now() + SETTLE_TIMEOUT_MS;
  for (;;) {
    const machines = await Promise.all(names.map((machine) => core.client.machine.get({ machine })));
    const faults = await faultsOf(core, machines, mark);
    if (faults.length === 0 || Date.now() > end) return { machines, faults };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function faultsOf(core: RealCore, machines: Machine[], mark: string): Promise<string[]> {
  const paths = makePaths(homeEnv(core.home));
  const known = machines.flatMap(({ pid }) => (pid === null ? [] : [pid]));
  const alive = processesOf([mark, paths.runtime]);
  const faults = alive.filter((pid) => !known.includes(pid)).map((pid) => `process ${pid} belongs to no record`);
  for (const {
    id,
    config: { name },
    state,
    pid,
  } of machines) {
    if (isTransient(state)) faults.push(`'${name}' is still ${state}`);
    else if (isRest(state) !== (pid === null)) faults.push(`'${name}' is ${state} with process ${pid}`);
    if (isRest(state) || pid === null) continue;
    if (!alive.includes(pid)) faults.push(`'${name}' is ${state}, and its process ${pid} is gone`);
    const said = await ask(path.join(paths.machineRuntimeFolder(id), 'monitor.sock'));
    if (WORDS[said] !== state) faults.push(`'${name}' is ${state}, and its process says '${said}'`);
  }
  return faults;
}

/** Ids of the processes whose arguments or titles hold one of the marks; not of those that only wait to be reaped. */
function processesOf(marks: string[]): number[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,stat=,args='], { encoding: 'utf8' }).split('\n');
  const found = lines.flatMap((line) => /^\s*(\d+)\s+([^Z\s]\S*)\s(.*)$/.exec(line) ?? []);
  const pids: number[] = [];
  for (let at = 0; at < found.length; at += 4) {
    if (marks.some((mark) => found[at + 3]?.includes(mark))) pids.push(Number(found[at + 1]));
  }
  return pids;
}

/** The state that the process itself tells on its second monitor. */
async function ask(socketPath: string): Promise<string> {
  try {
    const client = await QmpClient.connect(socketPath, { timeoutMs: 20_000 });
    const { status } = (await client.execute('query-status')) as { status: string };
    client.close();
    return status;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Every machine can be brought to run, whatever happened to it. */
async function startAll(core: RealCore, names: string[]): Promise<string[]> {
  const start = async (machine: string): Promise<string[]> => {
    const { state } = await core.client.machine.get({ machine });
    if (state === 'Running') return [];
    const call = state === 'Paused' ? core.client.machine.resume : core.client.machine.start;
    const failure = await call({ machine }).then(
      () => undefined,
      (error: Error) => error,
    );
    return failure === undefined ? [] : [`'${machine}' (${state}) does not start again: ${failure.message}`];
  };
  return (await Promise.all(names.map(start))).flat();
}

/** Powered off, the machines leave no process, and nothing but disks and logs in their folders. */
async function endAll(core: RealCore, names: string[], mark: string): Promise<string[]> {
  const paths = makePaths(homeEnv(core.home));
  const ended = await Promise.all(names.map((machine) => core.client.machine.powerOff({ machine })));
  const faults = processesOf([mark, paths.runtime]).map((pid) => `process ${pid} is left in the end`);
  for (const {
    id,
    config: { name },
  } of ended) {
    const strays = readdirSync(paths.machineFolder(id)).filter((file) => /\.state|\.part|\.new/.test(file));
    if (strays.length > 0) faults.push(`'${name}' has left ${strays.join(', ')}`);
  }
  return faults;
}

function count(table: Record<string, number>, key: string): void {
  table[key] = (table[key] ?? 0) + 1;
}

if (import.meta.main) {
  const report = await killStorm(Number(process.argv[2] ?? 70));
  console.log(JSON.stringify(report, undefined, 2));
  process.exit(report.faults.length === 0 ? 0 : 1);
}
