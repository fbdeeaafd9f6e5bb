/** A program of its own that starts a machine with a low execution cap, says so, and waits to be killed. */

import { GUEST_READY } from '../../support/serial-console.ts';
import { MachineBench, openSerial } from '../conformance/machine-bench.ts';
import { qemuUnderTest } from './qemu-bench.ts';

const bench = await MachineBench.make(qemuUnderTest());
const session = await bench.start();
const serial = await openSerial(session);
await serial.expect(GUEST_READY);
serial.send('while :; do :; done');
await session.setCpuLimit(2);
process.stdout.write(`${JSON.stringify({ folder: bench.folder, runtime: session.runtime })}\n`);
setInterval(() => undefined, 1000);
