import { spawn, spawnSync } from 'node:child_process';

/** Namespaces of user, network and mounts: root inside, with a network of its own that leads nowhere. */
const UNSHARE = ['--map-root-user', '--net', '--mount', '--'];
/** The network's own view of the interfaces; everything of the host stays out of sight. */
const BEGIN = 'mount -t sysfs sysfs /sys && ip link set lo up';
const TRIAL_TIMEOUT_MS = 20_000;

/** Why a network of one's own with TAP devices cannot be had here; undefined: it can. */
export function whyNoNamespace(): string | undefined {
  const script = `${BEGIN} && ip tuntap add dev trial0 mode tap && ip link add trial1 type bridge`;
  const trial = spawnSync('unshare', [...UNSHARE, 'sh', '-c', script], { timeout: TRIAL_TIMEOUT_MS, encoding: 'utf8' });
  if (trial.status === 0) return undefined;
  return trial.error?.message ?? (trial.stderr.trim() || `unshare ended with ${trial.status ?? trial.signal}`);
}

/**
 * Runs a program in a network of its own.
 * @param setup commands of the shell that make this network; the program is `"$@"`
 * @returns what it wrote to its standard output
 * @throws Error with all that it said when it fails
 */
export function runInNamespace(setup: string, program: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const script = `set -eu\n${BEGIN}\n${setup}`;
  const child = spawn('unshare', [...UNSHARE, 'sh', '-c', script, 'setup', ...program], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [output, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`The program ended with ${code}:\n${errors}\n${output}`));
    });
  });
}
