/**
 * A program that starts QEMU as the engine does, in `<folder>/run`, for tests that kill it on the way. Once QEMU has
 * permission to begin, it says `begun`.
 */
import path from 'node:path';
import { launchQemu } from '../../../src/main/engines/qemu/launch.ts';

const [folder = '', binary = '', ...args] = process.argv.slice(2);
const inFolder = (name: string): string => path.join(folder, name);
await launchQemu(binary, args, { machine: folder, runtime: inFolder('run'), logs: inFolder('logs') });
process.stdout.write('begun\n');
setInterval(() => undefined, 60_000); // until it is killed
