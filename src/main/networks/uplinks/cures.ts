import type { UplinkLack } from '../../../shared/model/uplink.ts';
import type { HostFacts, TapFacts } from './host-facts.ts';

const INSTEAD = 'NAT or a NAT Network with port forwards serves most uses without it.';
/** What a TAP device is called in advice. */
export const USUAL_TAP = 'inn0';

/** Why there can be no uplink on this system at all; undefined: there can. */
export function platformLack(platform: NodeJS.Platform): UplinkLack | undefined {
  if (platform === 'linux') return undefined;
  const cause =
    platform === 'darwin'
      ? 'macOS lets only programs that Apple has entitled (vmnet), or the administrator, into its network.'
      : 'Uplinks are carried by QEMU over bridges and TAP devices of Linux; on this system Innkeeper has no such way.';
  return { cause, cure: INSTEAD };
}

export const qemuLack = (qemu: HostFacts['qemu']): UplinkLack | undefined => {
  if (qemu?.canCarry) return undefined;
  if (qemu === null) {
    return {
      cause: 'Frames to and from the host are carried by QEMU, which is not installed.',
      cure: 'Install QEMU 7.2 or later; `inn doctor` says how.',
    };
  }
  return {
    cause: `Frames to and from the host are carried by QEMU 7.2 or later; this one is ${qemu.version}.`,
    cure: 'Install a newer QEMU.',
  };
};

export function tunLack({ tunDevice, user }: HostFacts): UplinkLack | undefined {
  if (tunDevice === 'open') return undefined;
  if (tunDevice === 'missing') {
    return {
      cause: 'The host has no TUN/TAP driver (/dev/net/tun is not there).',
      cure: 'Load it: `sudo modprobe tun`',
    };
  }
  return {
    cause: `'${user.name}' may not open /dev/net/tun.`,
    cure: 'Open it to everybody, as most systems do: `sudo chmod 666 /dev/net/tun`',
  };
}

export const NO_BRIDGE: UplinkLack = {
  cause: 'This computer has no bridge.',
  cure:
    'Make one that has the wired interface in it, with your network settings or `nmcli`; ' +
    'or, for this computer and its machines alone: `sudo ip link add br0 type bridge && sudo ip link set br0 up`',
};

export const noTap = ({ user }: HostFacts): UplinkLack => ({
  cause: `There is no TAP device that '${user.name}' may use.`,
  cure: `Make one: ${tapCommands(user.name)}`,
});

const tapCommands = (user: string): string =>
  `\`sudo ip tuntap add dev ${USUAL_TAP} mode tap user ${user} && sudo ip addr add 192.168.56.10/24 dev ${USUAL_TAP} && sudo ip link set ${USUAL_TAP} up\``;

export const NO_HELPER: UplinkLack = {
  cause: "QEMU's bridge helper (qemu-bridge-helper) is not installed.",
  cure: 'Install it; on Debian and Ubuntu it comes with `qemu-system-common`, on Fedora with `qemu-common`.',
};

export const helperHasNoRights = (path: string): UplinkLack => ({
  cause: `QEMU's bridge helper has no right to make a port of a bridge (${path} is not setuid root).`,
  cure: `Give it the right: \`sudo chmod u+s ${path}\``,
});

export const NO_NEW_PRIVILEGES: UplinkLack = {
  cause: 'Innkeeper runs where programs get no more rights than it has (a sandbox such as Flatpak or a container).',
  cure: 'Run it outside of the sandbox, or use a TAP device that belongs to you.',
};

export const bridgeNotAllowed = (bridge: string, listFile: string): UplinkLack => ({
  cause: `${listFile} does not allow the bridge '${bridge}'.`,
  cure: `Allow it: \`echo 'allow ${bridge}' | sudo tee -a ${listFile}\`; a line that denies it must go.`,
});

export const noList = (bridge: string, listFile: string): UplinkLack => ({
  cause: `QEMU's bridge helper has no list of the bridges that it allows (${listFile}).`,
  cure: `Make it: \`sudo install -D -m 644 /dev/null ${listFile} && echo 'allow ${bridge}' | sudo tee ${listFile}\``,
});

export const listUnreadable = (bridge: string, listFile: string): UplinkLack => ({
  cause: `Whether ${listFile} allows '${bridge}' shows at the start: only others may read it.`,
  cure: `If it does not: \`echo 'allow ${bridge}' | sudo tee -a ${listFile}\``,
});

export const tapOfOthers = (tap: TapFacts, user: string): UplinkLack => ({
  cause: `The TAP device '${tap.name}' belongs to another user.`,
  cure: `Make one of your own: \`sudo ip tuntap add dev ${USUAL_TAP} mode tap user ${user}\``,
});

export const tapOfSeveralQueues = ({ name }: TapFacts, user: string): UplinkLack => ({
  cause: `The TAP device '${name}' was made for several queues.`,
  cure: `Make it anew: \`sudo ip tuntap del dev ${name} mode tap multi_queue && sudo ip tuntap add dev ${name} mode tap user ${user}\``,
});

export const tapDown = ({ name }: TapFacts): UplinkLack => ({
  cause: `The TAP device '${name}' is not set up.`,
  cure: `Set it up: \`sudo ip link set ${name} up\``,
});
