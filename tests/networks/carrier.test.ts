import { describe, expect, it } from 'vitest';
import { carrierArguments } from '../../src/main/networks/network-process/carrier-command.ts';
import { carrierFailure } from '../../src/main/networks/network-process/carrier-failure.ts';
import { InterfaceName } from '../../src/shared/model/uplink.ts';

const TOOLS = { helper: '/usr/lib/qemu/qemu-bridge-helper', hasSandbox: true };
const optionOf = (args: readonly string[], name: string): string | undefined => args[args.indexOf(name) + 1];

describe("a carrier's command line", () => {
  it('opens the TAP device before its socket, and may do nothing else', () => {
    const args = carrierArguments({ kind: 'tap', interface: 'inn0' }, TOOLS);
    const ends = args.filter((_, index) => args[index - 1] === '-netdev');
    expect(ends).toEqual([
      'tap,id=host,ifname=inn0,script=no,downscript=no,vnet_hdr=off',
      'hubport,id=a,hubid=0,netdev=host',
      'stream,id=net,server=on,addr.type=unix,addr.path=frames',
      'hubport,id=b,hubid=0,netdev=net',
    ]);
    expect(optionOf(args, '-machine')).toBe('none');
    expect(optionOf(args, '-sandbox')).toMatch(/elevateprivileges=deny,spawn=deny/);
  });

  it('lets the helper of a bridge have its rights', () => {
    const args = carrierArguments({ kind: 'bridge', bridge: 'br0' }, { ...TOOLS, helper: '/opt/a,b/helper' });
    expect(optionOf(args, '-netdev')).toBe('bridge,id=host,br=br0,helper=/opt/a,,b/helper');
    expect(optionOf(args, '-sandbox')).toMatch(/elevateprivileges=allow,spawn=allow/);
  });

  it('has no sandbox where QEMU has none', () => {
    const args = carrierArguments({ kind: 'tap', interface: 'inn0' }, { ...TOOLS, hasSandbox: false });
    expect(args).not.toContain('-sandbox');
  });

  it.each(['br0', 'virbr0-nic', 'eth0.100', 'a'])('takes the interface %s', (name) => {
    expect(InterfaceName.safeParse(name).success).toBe(true);
  });

  it.each(['', '.', '..', 'a/b', 'br0,script=x', 'a b', 'x'.repeat(16), 'br0\n'])(
    'refuses the interface %j',
    (name) => {
      expect(InterfaceName.safeParse(name).success).toBe(false);
    },
  );
});

describe("a carrier's end", () => {
  const explain = (...log: string[]) =>
    carrierFailure({ kind: 'bridge', bridge: 'br0' }, log, { code: 1, signal: null });

  it.each([
    ['access denied by acl file', /list does not allow it/, /echo 'allow br0'/],
    ['could not configure /dev/net/tun (br0): Device or resource busy', /Another program uses/, /choose another/],
    [
      'could not configure /dev/net/tun (br0): Operation not permitted',
      /does not let this program/,
      /inn network uplinks/,
    ],
  ])('with the words "%s" is understood', (line, failure, cure) => {
    const found = explain(line, 'qemu-system-x86_64: -netdev bridge: bridge helper failed');
    expect(found.failure).toMatch(failure);
    expect(found.cure).toMatch(cure);
  });

  it('is told in its own words where they are new', () => {
    const found = explain('qemu-system-x86_64: something new');
    expect(found.failure).toBe("The carrier of the uplink 'br0' ended (exit code 1): something new");
    expect(carrierFailure({ kind: 'tap', interface: 'inn0' }, [], { code: null, signal: 'SIGKILL' }).failure).toBe(
      "The carrier of the uplink 'inn0' ended (SIGKILL).",
    );
  });
});
