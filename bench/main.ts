import { cpus } from 'node:os';
import { benchBoot } from './boot.ts';
import { benchCoreStart } from './core-start.ts';
import { benchLatency } from './latency.ts';
import { printRows } from './measure.ts';
import { benchStorage } from './storage.ts';

/** `npm run bench`: measures here and now, beside other programs where they are installed. */
console.log(
  `Innkeeper bench on ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.versions.node}`,
);
printRows('Demo guest (medians)', await benchBoot());
printRows('Contract', await benchLatency());
printRows('Core', await benchCoreStart([10, 1000]));
printRows('Disks and snapshots', await benchStorage());
