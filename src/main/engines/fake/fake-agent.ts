import { InnError } from '../../../shared/errors.ts';
import type { GuestAgent } from '../guest-agent.ts';

/** The agent of every fake guest: knows two programs, `echo` and `cat`. */
export const FAKE_AGENT: GuestAgent = {
  isConnected: async () => true,
  facts: async () => ({
    agentVersion: '1.0',
    osName: 'Fake OS',
    kernel: null,
    hostname: 'fake',
    interfaces: [{ name: 'eth0', macAddress: '52:54:00:00:00:01', addresses: ['10.0.2.15', 'fe80::1'] }],
  }),
  async execute({ argv: [program, ...args], input }) {
    if (program !== 'echo' && program !== 'cat') {
      throw new InnError('AGENT_FAILED', `The guest agent refused 'guest-exec': there is no program '${program}'.`);
    }
    const output = program === 'cat' ? input : Buffer.from(`${args.join(' ')}\n`);
    return { exitCode: 0, signal: null, output, errorOutput: new Uint8Array(), isTruncated: false };
  },
  shutdown: async () => undefined,
  freeze: async () => 1,
  thaw: async () => 1,
  setClock: async () => undefined,
};
