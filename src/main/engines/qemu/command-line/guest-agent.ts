import path from 'node:path';
import { osTypeOf } from '../../../../shared/os-types.ts';
import { RUNTIME_FILES } from '../../runtime-files.ts';
import { type CommandPart, type CommandPlan, escapeValue, jsonOption, part } from './part.ts';

export const AGENT_CHARDEV = 'agent';
/** The name by which agents find their port (qemu-ga(8)). */
const PORT = 'org.qemu.guest_agent.0';
/** There is no agent for them. */
const OLD_WINDOWS = new Set(['windows-98', 'windows-2000', 'windows-xp-32']);

/** A port on which an agent in the guest may listen: VirtIO serial, on a socket in the private folder. */
export function guestAgentPart({ spec, installation: { devices } }: CommandPlan): CommandPart {
  const { osType } = spec.config;
  const { family } = osTypeOf(osType);
  const hasAgent = family === 'linux' || family === 'bsd' || (family === 'windows' && !OLD_WINDOWS.has(osType));
  if (!hasAgent || !devices.has('virtserialport')) return part('guest agent');
  const socket = escapeValue(path.join(spec.folders.runtime, RUNTIME_FILES.guestAgent));
  return part(
    'guest agent',
    ...['-chardev', `socket,id=${AGENT_CHARDEV},path=${socket},server=on,wait=off`],
    ...jsonOption('-device', { driver: 'virtio-serial-pci', id: 'agents' }),
    ...jsonOption('-device', { driver: 'virtserialport', bus: 'agents.0', chardev: AGENT_CHARDEV, name: PORT }),
  );
}
