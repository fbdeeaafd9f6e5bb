import { InnError } from '../../../shared/errors.ts';
import type { EngineInfo } from '../../../shared/model/engine.ts';
import { interfaceOf, type Uplink, type UplinkFindings } from '../../../shared/model/uplink.ts';
import { judgeUplinks, lackOf } from './judge-uplinks.ts';
import { readHostFacts } from './read-host-facts.ts';

/** Which uplinks this computer has for us, looked up anew at each question: others change them. */
export interface UplinkFinder {
  find(): Promise<UplinkFindings>;
  /** @throws InnError `NOT_SUPPORTED`, with cause and cure, when it cannot be the uplink of this network */
  assertPossible(uplink: Uplink, network: string): Promise<void>;
}

/** @param qemu what the latest probe said of QEMU, which carries the frames */
export function createUplinkFinder(qemu: () => EngineInfo | undefined): UplinkFinder {
  const find = async () => judgeUplinks(await readHostFacts(qemu()));
  return {
    find,
    async assertPossible(uplink, network) {
      const lack = lackOf(uplink, await find());
      if (!lack) return;
      const name = interfaceOf(uplink);
      throw new InnError('NOT_SUPPORTED', `The network '${network}' cannot use '${name}'. ${lack.cause}`, {
        hint: lack.cure,
        details: { uplink },
      });
    },
  };
}
