/**
 * The process of one network: `node main.ts <runtime folder>`. Told `go` on file descriptor 3, if that is open, it reads
 * `network.json` in the folder, opens its control socket beside it and says `ready` there (or the error, as JSON). From then
 * on it outlives the program that started it; it ends when it is told to, or when no machine and no core has been there for
 * some time.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createQmpServer, type QmpServer } from '../../engines/qmp/server.ts';
import { beginHouseProcess, endHouseProcess } from '../../processes/house-process.ts';
import { log } from '../../processes/process-log.ts';
import { HOST_CLOCK } from '../switch/delay-line.ts';
import { VirtualSwitch } from '../switch/virtual-switch.ts';
import { Captures } from './captures.ts';
import { networkCommands } from './commands.ts';
import { probeFrames } from './frame-probe.ts';
import type { Gateway } from './gateway-slot.ts';
import { endWhenAlone } from './lifetime.ts';
import { NetworkPorts } from './network-ports.ts';
import { openGateway } from './open-gateway.ts';
import { probeFrom } from './probe.ts';
import { NETWORK_FILES, type NetworkProcessSpec } from './process-spec.ts';
import { NetworkUplink } from './uplink.ts';

const core = await beginHouseProcess({
  subject: 'network',
  console: { speaker: 'console' },
  onHangUp: () => process.exit(1),
  open,
});
core.release();

async function open(runtimeFolder: string): Promise<void> {
  const spec: NetworkProcessSpec = JSON.parse(await readFile(path.join(runtimeFolder, NETWORK_FILES.spec), 'utf8'));
  process.title = `innkeeper network ${spec.name}`;
  const { isolatesPorts, mtu, seed } = spec;
  const network = new VirtualSwitch({ isolatesPorts, mtu, seed, clock: HOST_CLOCK });
  let qmp: QmpServer | undefined;
  const emit = (event: string, data?: Record<string, unknown>): void => qmp?.emit(event, data);
  const ports = new NetworkPorts(network);
  const captures = new Captures(network, (id) => emit('CAPTURE_ENDED', { id }));
  const gateway = await openGateway(spec.gateway, { switch: network, log, emit });
  const hasGateway = gateway !== undefined;
  const uplink = spec.uplink
    ? new NetworkUplink(spec.uplink, { switch: network, runtimeFolder, hasGateway, log, emit })
    : undefined;
  const quit = (): void => void end({ ports, captures, gateway, uplink, qmp });
  qmp = createQmpServer({
    version: { major: 1, minor: 0, micro: 0 },
    package: 'Innkeeper network process',
    commands: networkCommands({
      ...{ spec, ports, captures, gateway, uplink, quit },
      probe: (request) => probeFrom(network, request),
      probeFrames: (request) => probeFrames(network, gateway, request),
    }),
  });
  process.on('SIGTERM', quit);
  catchErrors();
  await qmp.listen(path.join(runtimeFolder, NETWORK_FILES.control));
  endWhenAlone(spec.lingerMs, () => ports.isBusy || qmp?.hasOwner === true, quit);
  await uplink?.settled();
  log(`network '${spec.name}' is ready`);
}

interface RunningParts {
  ports: NetworkPorts;
  captures: Captures;
  gateway: Gateway | undefined;
  uplink: NetworkUplink | undefined;
  qmp: QmpServer | undefined;
}

/** Lets the machines go, which notice nothing but a silent network, and goes. */
async function end({ ports, captures, gateway, uplink, qmp }: RunningParts): Promise<void> {
  log('the network ends');
  ports.close();
  uplink?.close();
  captures.close();
  await endHouseProcess([gateway?.close(), qmp?.close()]);
}

/** A defect in one place must not take the network from all machines; what keeps coming is told once in a while. */
function catchErrors(): void {
  process.on('uncaughtException', (error) => log('unforeseen error', error));
  process.on('unhandledRejection', (error) => log('unforeseen error', error));
}
