import { InnError } from '../../shared/errors.ts';
import type { GuestExecOutput, GuestInfo } from '../../shared/guest-contract.ts';
import { can } from '../../shared/machine-state.ts';
import type { Machine, MachineId } from '../../shared/model/machine.ts';
import type { Session } from '../engines/engine.ts';
import type { GuestAgent, GuestFacts } from '../engines/guest-agent.ts';

interface GuestServiceParts {
  machines: { get(machine: string): Machine };
  runner: { askGuest<T>(id: MachineId, work: (session: Session) => Promise<T>): Promise<T> };
}

export interface GuestCommandInput {
  argv: string[];
  inputBase64: string;
  timeoutMs: number;
}

const NOTHING: Omit<GuestInfo, 'isAgentConnected' | 'agentReason' | 'memory'> = {
  agentVersion: null,
  osName: null,
  kernel: null,
  hostname: null,
  addresses: [],
  interfaces: [],
};
const NO_MEMORY: GuestInfo['memory'] = { balloonBytes: null, freeBytes: null };
const INSTALL = "Install 'qemu-guest-agent' in the guest and start its service.";

/** Speaks with the systems in the machines. `machine` is a name or an id. */
export function createGuestService({ machines, runner }: GuestServiceParts) {
  return {
    /** What the guest says; never fails for want of an agent. @throws InnError `MACHINE_NOT_FOUND` */
    async info(machine: string): Promise<GuestInfo> {
      const { id, state } = machines.get(machine);
      if (!can('screenshot', state)) return silent('The machine is not running.', NO_MEMORY);
      return runner.askGuest(id, async (session) => {
        const memory = await memoryOf(session);
        const { guestAgent: agent } = session;
        if (agent === null) return silent('This engine has no line to an agent in the guest.', memory);
        if (!(await agent.isConnected())) return silent(`No agent answers. ${INSTALL}`, memory);
        return askAgent(agent, memory);
      });
    },

    /** Runs a program in the guest. @throws InnError `INVALID_STATE`, `NOT_SUPPORTED`, `AGENT_MISSING`, `AGENT_FAILED`, `TIMEOUT` */
    async execute(machine: string, { argv, inputBase64, timeoutMs }: GuestCommandInput): Promise<GuestExecOutput> {
      const { id } = machines.get(machine);
      const [program = '', ...args] = argv;
      const result = await runner.askGuest(id, async ({ guestAgent }) => {
        if (guestAgent === null) throw noLine();
        return guestAgent.execute({ argv: [program, ...args], input: Buffer.from(inputBase64, 'base64'), timeoutMs });
      });
      const { output, errorOutput, ...rest } = result;
      return { ...rest, outputBase64: base64(output), errorOutputBase64: base64(errorOutput) };
    },
  };
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

function silent(agentReason: string, memory: GuestInfo['memory']): GuestInfo {
  return { ...NOTHING, isAgentConnected: false, agentReason, memory };
}

async function memoryOf(session: Session): Promise<GuestInfo['memory']> {
  const { balloonBytes, guestFreeBytes } = await session.sample();
  return { balloonBytes, freeBytes: guestFreeBytes };
}

async function askAgent(agent: GuestAgent, memory: GuestInfo['memory']): Promise<GuestInfo> {
  try {
    return { ...tell(await agent.facts()), isAgentConnected: true, agentReason: null, memory };
  } catch (error) {
    // It hangs, or says nonsense: that is worth a word, not a failure.
    const said = error instanceof InnError ? error.message : 'The guest agent failed.';
    return silent(said, memory);
  }
}

function tell({ interfaces, ...facts }: GuestFacts) {
  return { ...facts, interfaces, addresses: interfaces.flatMap(({ addresses }) => addresses) };
}

function noLine(): InnError {
  return new InnError('NOT_SUPPORTED', 'This engine has no line to an agent in the guest.', {
    hint: 'The QEMU engine has one.',
  });
}
