import { describe, expect, it } from 'vitest';
import { isAllowed, readBridgeRules } from '../../src/main/networks/uplinks/bridge-access.ts';
import type { BridgeHelper, HostFacts, TapFacts } from '../../src/main/networks/uplinks/host-facts.ts';
import { judgeUplinks, lackOf } from '../../src/main/networks/uplinks/judge-uplinks.ts';
import type { Uplink } from '../../src/shared/model/uplink.ts';

const PERSISTENT_TAP = 0x0802;

const tap = (change: Partial<TapFacts> = {}): TapFacts => ({
  ...{ name: 'inn0', flags: PERSISTENT_TAP, owner: 1000, group: null, isUp: true, ...change },
});
const helper = (change: Partial<BridgeHelper> = {}): BridgeHelper => ({
  ...{ path: '/usr/lib/qemu/qemu-bridge-helper', hasRights: true, listFile: '/etc/qemu/bridge.conf' },
  ...{ rules: [{ effect: 'allow' as const, bridge: 'br0' }], ...change },
});
const facts = (change: Partial<HostFacts> = {}): HostFacts => ({
  platform: 'linux',
  user: { name: 'ann', id: 1000, groups: [1000, 27] },
  isNetworkAdmin: false,
  hasNoNewPrivileges: false,
  qemu: { canCarry: true, version: '7.2.0' },
  tunDevice: 'open',
  helper: helper(),
  bridges: ['br0'],
  taps: [tap()],
  ...change,
});
const BR0: Uplink = { kind: 'bridge', bridge: 'br0' };
const INN0: Uplink = { kind: 'tap', interface: 'inn0' };
const why = (uplink: Uplink, change: Partial<HostFacts>) => lackOf(uplink, judgeUplinks(facts(change)));

/** Files of a list by name. */
const rulesOf = (files: Record<string, string>) => readBridgeRules('/main', (file) => files[file]);

describe("the bridge helper's list", () => {
  it.each([
    ['allow br0', true],
    ['  allow   br0  # the wired one', true],
    ['allow all', true],
    ['', false],
    ['# allow br0', false],
    ['allow br1', false],
    ['allow all\ndeny br0', false],
    ['deny all\nallow br0', false],
    ['include /more', true],
    ['allow br0\ninclude /less', false],
    ['allow br0\ninclude /missing', true],
    ['include /main', false],
  ])('with %j says of br0: %s', (text, expected) => {
    const rules = rulesOf({ '/main': text, '/more': 'allow br0\n', '/less': 'deny br0\n' });
    expect(isAllowed(rules ?? [], 'br0')).toBe(expected);
  });

  it('is not known where others keep it to themselves', () => {
    expect(rulesOf({})).toBeUndefined();
  });
});

describe('uplinks of this computer', () => {
  it('are its bridges and TAP devices', () => {
    expect(judgeUplinks(facts())).toEqual({
      candidates: [
        { uplink: BR0, isPossible: true, lack: null },
        { uplink: INN0, isPossible: true, lack: null },
      ],
      lacks: { bridge: null, tap: null },
    });
  });

  it.each<[string, Partial<HostFacts>, RegExp, RegExp]>([
    ['no QEMU', { qemu: null }, /not installed/, /7\.2/],
    ['an old QEMU', { qemu: { canCarry: false, version: '6.2.0' } }, /this one is 6\.2\.0/, /newer/],
    ['no TAP driver', { tunDevice: 'missing' }, /no TUN\/TAP driver/, /sudo modprobe tun/],
    ['a closed TAP driver', { tunDevice: 'closed' }, /'ann' may not open/, /sudo chmod 666 \/dev\/net\/tun/],
    ['macOS', { platform: 'darwin' }, /macOS/, /port forwards/],
    ['Windows', { platform: 'win32' }, /Linux/, /port forwards/],
  ])('are none with %s, and say why', (_what, change, cause, cure) => {
    for (const uplink of [BR0, INN0]) {
      expect(why(uplink, change)?.cause).toMatch(cause);
      expect(why(uplink, change)?.cure).toMatch(cure);
      expect(why(uplink, { ...change, bridges: [], taps: [] })?.cause).toMatch(cause);
    }
  });

  it.each<[string, Partial<HostFacts>, RegExp, RegExp]>([
    ['there is none', { bridges: [] }, /no bridge/, /sudo ip link add br0 type bridge/],
    ['it is another', { bridges: ['br1'] }, /no bridge 'br0'/, /'br1'/],
    ['the helper is missing', { helper: null }, /not installed/, /qemu-system-common/],
    [
      'the helper has no rights',
      { helper: helper({ hasRights: false }) },
      /not setuid root/,
      /sudo chmod u\+s \/usr\/lib/,
    ],
    ['rights cannot be gained', { hasNoNewPrivileges: true }, /sandbox/, /TAP device/],
    ['there is no list', { helper: helper({ rules: null }) }, /no list/, /allow br0/],
    [
      'the list does not name it',
      { helper: helper({ rules: [] }) },
      /does not allow the bridge 'br0'/,
      /echo 'allow br0' \| sudo tee -a \/etc\/qemu\/bridge\.conf/,
    ],
  ])('are no bridge where %s', (_what, change, cause, cure) => {
    expect(why(BR0, change)?.cause).toMatch(cause);
    expect(why(BR0, change)?.cure).toMatch(cure);
  });

  it.each<[string, Partial<HostFacts>]>([
    ['the helper has rights of its own', {}],
    ['this program has them', { isNetworkAdmin: true, hasNoNewPrivileges: true, helper: helper({ hasRights: false }) }],
    ['only the helper may read its list', { helper: helper({ rules: undefined }) }],
  ])('may be a bridge where %s', (_what, change) => {
    expect(why(BR0, change)).toBeUndefined();
  });

  it('says beforehand what shows only at the start', () => {
    const [bridge] = judgeUplinks(facts({ helper: helper({ rules: undefined }) })).candidates;
    expect(bridge).toMatchObject({ isPossible: true, lack: { cause: expect.stringContaining('shows at the start') } });
  });

  it.each<[string, Partial<TapFacts>, RegExp, RegExp]>([
    ['belongs to somebody else', { owner: 0 }, /another user/, /sudo ip tuntap add dev inn0 mode tap user ann/],
    ['is kept for a group of others', { owner: null, group: 5 }, /another user/, /user ann/],
    ['is for the user and a group of others', { group: 5 }, /another user/, /user ann/],
    ['has several queues', { flags: PERSISTENT_TAP | 0x0100 }, /several queues/, /ip tuntap del dev inn0/],
    ['is not set up', { isUp: false }, /not set up/, /sudo ip link set inn0 up/],
  ])('are no TAP device that %s', (_what, change, cause, cure) => {
    expect(why(INN0, { taps: [tap(change)] })?.cause).toMatch(cause);
    expect(why(INN0, { taps: [tap(change)] })?.cure).toMatch(cure);
  });

  it.each<[string, Partial<TapFacts>, boolean]>([
    ['of the user', {}, false],
    ['of nobody', { owner: null }, false],
    ['of a group that the user is in', { owner: null, group: 27 }, false],
    ['of another user, for who may change the network', { owner: 0 }, true],
  ])('may be a TAP device %s', (_what, change, isNetworkAdmin) => {
    expect(why(INN0, { taps: [tap(change)], isNetworkAdmin })).toBeUndefined();
  });

  it('says how to make a TAP device where there is none', () => {
    const { cause, cure } = why(INN0, { taps: [] }) ?? {};
    expect(cause).toMatch(/no TAP device that 'ann' may use/);
    expect(cure).toMatch(/ip tuntap add dev inn0 mode tap user ann.*ip link set inn0 up/);
  });
});
