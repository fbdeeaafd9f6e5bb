import { existsSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runInNamespace, whyNoNamespace } from '../support/namespace.ts';

const scene = path.resolve(import.meta.dirname, 'uplink-scene.ts');

/** A TAP device of the user, as an administrator makes it; the program has no right of its own over the network. */
const OWN_TAP = `
ip tuntap add dev inn0 mode tap user 0
ip addr add 192.168.56.10/24 dev inn0
ip link set inn0 up
exec setpriv --bounding-set=-net_admin -- "$@"`;

/** A bridge that this computer is on, and a list for QEMU's helper that nobody else sees. */
const OWN_BRIDGE = `
ip link add br0 type bridge
ip addr add 10.78.0.1/24 dev br0
ip link set br0 up
mount -t tmpfs none /etc/qemu
echo 'allow br0' >/etc/qemu/bridge.conf
exec "$@"`;

async function play(setup: string, name: 'tap' | 'bridge'): Promise<Record<string, unknown>> {
  return JSON.parse(await runInNamespace(setup, [process.execPath, scene, name], process.env));
}

const whyNot = whyNoNamespace();
/** The helper reads its list from one fixed place, over which the namespace lays its own. */
const LIST_FOLDER = '/etc/qemu';
const whyNoBridge = whyNot ?? (existsSync(LIST_FOLDER) ? undefined : `there is no folder ${LIST_FOLDER}`);
for (const [what, why] of [
  ['TAP devices', whyNot],
  ['bridges', whyNoBridge],
]) {
  if (why !== undefined) console.warn(`Not tried here: ${what} as uplinks, for want of a network of one's own: ${why}`);
}

const BOTH_WAYS = ['page of the host', 'page of the guest'];
const NEITHER = ['100% packet loss', 'nothing'];

describe.skipIf(whyNot !== undefined)('a TAP device on a host-only network', () => {
  let seen: Record<string, unknown>;
  beforeAll(async () => {
    seen = await play(OWN_TAP, 'tap');
  }, 300_000);

  it('is found', () => {
    expect(seen.candidates).toEqual([{ uplink: { kind: 'tap', interface: 'inn0' }, isPossible: true, lack: null }]);
  });

  it("brings guest and host together, while the gateway gives the guest's address", () => {
    expect(seen).toMatchObject({ addressIsOfTheNetwork: true, ping: '0% packet loss', open: BOTH_WAYS });
  });

  it('is out of reach for an adapter that is not open', () => {
    expect(seen.standard).toEqual(NEITHER);
  });

  it('comes back when its carrier or its network dies, and says why it was gone', () => {
    expect(seen.failure).toMatch(/carrier of the uplink 'inn0' ended \(SIGKILL\)/);
    expect(seen).toMatchObject({ afterCarrier: BOTH_WAYS, afterNetwork: BOTH_WAYS });
  });

  it('outlives the core, is taken back, and ends with the last machine', () => {
    expect(seen).toMatchObject({ outlivesCore: true, takenBack: true, afterCore: BOTH_WAYS, endsWithTheLast: true });
  });
});

describe.skipIf(whyNoBridge !== undefined)('a bridged network', () => {
  let seen: Record<string, unknown>;
  beforeAll(async () => {
    seen = await play(OWN_BRIDGE, 'bridge');
  }, 300_000);

  it('brings guest and host together over a bridge of the host', () => {
    expect(seen).toMatchObject({ ping: '0% packet loss', open: BOTH_WAYS });
    expect(seen.network).toEqual({ gatewayAddress: null, leases: [], isUp: true, failure: null });
  });

  it('keeps a machine that is offline to itself', () => {
    expect(seen.offline).toEqual(NEITHER);
  });

  it('makes no promise of isolation that nobody could keep', () => {
    expect(seen.standard).toMatchObject({ code: 'INVALID_CONFIG', hint: expect.stringContaining("'Open'") });
  });

  it("needs the consent of the helper's list, and says how to give it", () => {
    expect(seen.denied).toMatchObject({
      code: 'NOT_SUPPORTED',
      message: expect.stringContaining("does not allow the bridge 'br0'"),
      hint: expect.stringContaining("echo 'allow br0' | sudo tee -a /etc/qemu/bridge.conf"),
    });
  });
});
