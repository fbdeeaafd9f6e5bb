import { accessSync, constants, readdirSync } from 'node:fs';
import path from 'node:path';

type Environment = Record<string, string | undefined>;

/** What there is of sound on this host. */
export interface SoundFacts {
  platform: NodeJS.Platform;
  hasPipeWire: boolean;
  hasPulseAudio: boolean;
  /** A sound card that this user may use, without a server in between. */
  hasAlsaCard: boolean;
}

/** No sound: the guest has its card, and plays to nobody. */
export const NO_SOUND = 'none';

/**
 * QEMU's name of the way to the host's sound: the first that it was built with and that somebody answers; newer versions
 * of QEMU do not start when nobody does. Pure.
 */
export function pickAudioDriver(drivers: readonly string[], facts: SoundFacts): string {
  const preferred: [string, boolean][] = [
    ['coreaudio', facts.platform === 'darwin'],
    ['dsound', facts.platform === 'win32'],
    ['pipewire', facts.hasPipeWire],
    ['pa', facts.hasPulseAudio],
    ['alsa', facts.hasAlsaCard],
  ];
  return preferred.find(([name, isThere]) => isThere && drivers.includes(name))?.[0] ?? NO_SOUND;
}

/** Looks for sound servers and cards. Never throws. */
export function findSound(env: Environment, platform: NodeJS.Platform = process.platform): SoundFacts {
  const runtime = env.XDG_RUNTIME_DIR;
  return {
    platform,
    hasPipeWire: runtime !== undefined && canReadAndWrite(path.resolve(runtime, env.PIPEWIRE_REMOTE ?? 'pipewire-0')),
    hasPulseAudio:
      env.PULSE_SERVER !== undefined || (runtime !== undefined && canReadAndWrite(path.join(runtime, 'pulse/native'))),
    hasAlsaCard: platform === 'linux' && playbackDevices().some(canReadAndWrite),
  };
}

/** Playback ends in `p`: `pcmC0D0p`. */
function playbackDevices(): string[] {
  try {
    const names = readdirSync('/dev/snd').filter((name) => /^pcm.*p$/.test(name));
    return names.map((name) => path.join('/dev/snd', name));
  } catch {
    return []; // no sound in this kernel
  }
}

function canReadAndWrite(file: string): boolean {
  try {
    accessSync(file, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
