import { rmSync } from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { NetworkClient } from '../../src/main/networks/network-client.ts';
import type { NetworkProcessSpec } from '../../src/main/networks/network-process/process-spec.ts';
import type { PortSettings } from '../../src/main/networks/switch/port-settings.ts';
import { isAlive, killProcess } from '../../src/main/processes/process-identity.ts';
import { makeTempFolder } from '../support/temp-folder.ts';
import { macOf } from './frames.ts';
import { USUAL_PORT } from './switch-rig.ts';

export const TEST_NETWORK: NetworkProcessSpec = {
  format: 1,
  networkId: '11111111-2222-4333-8444-555555555555',
  name: 'test',
  isolatesPorts: false,
  mtu: 1500,
  seed: 1,
  lingerMs: 60_000,
  gateway: null,
  uplink: null,
};

/** A network process in a folder of its own, which goes with the test. */
export class TestNetwork {
  readonly folder: string;
  client: NetworkClient;

  private constructor(folder: string, client: NetworkClient) {
    this.folder = folder;
    this.client = client;
  }

  static async start(spec: Partial<NetworkProcessSpec> = {}, folder = makeTempFolder()): Promise<TestNetwork> {
    const options = { runtimeFolder: path.join(folder, 'net'), logFile: path.join(folder, 'network.log') };
    const client = await NetworkClient.start({ ...TEST_NETWORK, ...spec }, options);
    const network = new TestNetwork(folder, client);
    onTestFinished(async () => {
      await network.kill();
      rmSync(folder, { recursive: true, force: true });
    });
    return network;
  }

  get runtimeFolder(): string {
    return path.join(this.folder, 'net');
  }

  /** A port named after the number, with the address `macOf(number)`. */
  async addPort(number: number, socket: string, settings: Partial<PortSettings> = {}): Promise<void> {
    const all = { macAddress: macOf(number), ...USUAL_PORT, ...settings };
    await this.client.addPort({ id: `machine-${number}`, path: socket, settings: all });
  }

  /** Ends the process as `kill -9` does. */
  async kill(): Promise<void> {
    const { identity } = this.client;
    await killProcess(identity, 'SIGKILL');
    while (await isAlive(identity)) await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
