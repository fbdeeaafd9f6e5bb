import { cpus } from 'node:os';
import { benchAllocation } from './allocation.ts';
import { benchBoot } from './boot.ts';
import { benchCoreStart } from './core-start.ts';
import { benchGateway } from './gateway.ts';
import { benchLatency } from './latency.ts';
import { printRows } from './measure.ts';
import { benchStorage } from './storage.ts';
import { benchSwitch } from './switch.ts';
import { benchUsage } from './usage.ts';
import { benchVirsh } from './virsh.ts';

/** `npm run bench`: measures here and now, beside other programs where they are installed. */
console.log(
  `Innkeeper bench on ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.versions.node}`,
);
printRows('Demo guest (medians)', await benchBoot());
printRows('Contract', await benchLatency());
printRows('Core', await benchCoreStart([10, 1000]));
printRows('Disks and snapshots', await benchStorage());
printRows('Allocation', await benchAllocation([10, 1000, 10_000]));
printRows('Metering', await benchUsage());
printRows('QEMU engine beside libvirt (medians)', await benchVirsh());
printRows('Virtual switch', await benchSwitch());
printRows('Gateway (medians)', await benchGateway());
