import { interfaceOf, type Uplink } from '../../../shared/model/uplink.ts';
import { lastWords } from '../../processes/last-words.ts';
import type { ProcessEnd } from '../../processes/process-end.ts';

/** Why an uplink does not work, and what to do about it. */
export interface CarrierFailure {
  failure: string;
  cure: string | null;
}

interface KnownFailure {
  sign: RegExp;
  explain(name: string): CarrierFailure;
}

const KNOWN: readonly KnownFailure[] = [
  {
    sign: /access denied by acl file/,
    explain: (name) => ({
      failure: `QEMU's bridge helper may not use the bridge '${name}': its list does not allow it.`,
      cure: `Allow it: \`echo 'allow ${name}' | sudo tee -a /etc/qemu/bridge.conf\``,
    }),
  },
  {
    sign: /Device or resource busy/,
    explain: (name) => ({
      failure: `Another program uses the interface '${name}'.`,
      cure: 'End it, or choose another uplink for the network.',
    }),
  },
  {
    sign: /Operation not permitted|Permission denied/,
    explain: (name) => ({
      failure: `The system does not let this program use '${name}'.`,
      cure: '`inn network uplinks` says what is missing.',
    }),
  },
];

/** What a carrier's end means, by what it said. */
export function carrierFailure(uplink: Uplink, log: readonly string[], { code, signal }: ProcessEnd): CarrierFailure {
  const known = KNOWN.find(({ sign }) => log.some((line) => sign.test(line)));
  if (known) return known.explain(interfaceOf(uplink));
  const how = signal === null ? `exit code ${code}` : signal;
  const words = lastWords(log);
  const failure = `The carrier of the uplink '${interfaceOf(uplink)}' ended (${how})${words ? `: ${words}` : '.'}`;
  return { failure, cure: null };
}

export const goneInterface = (uplink: Uplink): CarrierFailure => ({
  failure: `This computer has no interface '${interfaceOf(uplink)}' any more.`,
  cure: 'Make it again; the network finds it by itself.',
});

export const NO_CARRIER: CarrierFailure = {
  failure: 'Frames to and from the host are carried by QEMU, which is not installed.',
  cure: 'Install QEMU 7.2 or later; `inn doctor` says how.',
};
