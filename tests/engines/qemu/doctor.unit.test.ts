import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { installCure, packageManagerOf } from '../../../src/main/engines/qemu/doctor/cures.ts';
import { acceleration } from '../../../src/main/engines/qemu/doctor/findings.ts';
import { findUefi, pickUefi } from '../../../src/main/engines/qemu/doctor/firmware.ts';
import { readTestimony } from '../../../src/main/engines/qemu/doctor/interrogate.ts';
import { QemuEngine } from '../../../src/main/engines/qemu/engine.ts';
import { isAtLeast, OLDEST_VERSION } from '../../../src/main/engines/qemu/installation.ts';
import { findProgram } from '../../../src/main/processes/find-program.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';
import { CONFIG } from './machine-plan.ts';

/** A program that says what it is told to, whatever it is asked. */
function programThatSays(output: string, exitCode = 0): string {
  const folder = makeTempFolder();
  const [file, answers] = [path.join(folder, 'qemu'), path.join(folder, 'answers')];
  writeFileSync(answers, output);
  writeFileSync(file, `#!/bin/sh\ncat '${answers}'\necho 'qemu-system-x86_64: it is broken' >&2\nexit ${exitCode}\n`);
  chmodSync(file, 0o755);
  return file;
}

function answers(version: { major: number; minor: number; micro: number }): string {
  const say = (id: string, value: unknown) => JSON.stringify({ id, return: value });
  return [
    JSON.stringify({ QMP: { version: { qemu: version, package: '' }, capabilities: [] } }),
    say('hello', {}),
    say('version', { qemu: version, package: ' Debian 1:7.2 ' }),
    say('machines', [{ name: 'none' }, { name: 'pc-i440fx-7.2', alias: 'pc' }, { name: 'pc-q35-7.2', alias: 'q35' }]),
    say('devices', [{ name: 'ide-hd' }, { name: 'nvme' }]),
    'not JSON',
  ].join('\r\n');
}

async function probeWith(env: Record<string, string>) {
  const engine = new QemuEngine({ env: { PATH: '', ...env }, cacheFolder: path.join(makeTempFolder(), 'cache') });
  return { engine, info: await engine.probe() };
}

describe('the doctor of QEMU', () => {
  it('reads what QEMU says of itself', () => {
    expect(readTestimony(answers({ major: 7, minor: 2, micro: 1 }), true)).toEqual({
      version: { major: 7, minor: 2, micro: 1 },
      packageName: 'Debian 1:7.2',
      machineTypes: { pc: 'pc-i440fx-7.2', q35: 'pc-q35-7.2' },
      devices: ['ide-hd', 'nvme'],
      hasSandbox: true,
    });
    expect(readTestimony('', true)).toBeUndefined();
  });

  it('says that a named QEMU is not there, and what to do', async () => {
    const { engine, info } = await probeWith({ INNKEEPER_QEMU: '/no/such/qemu' });
    expect(info).toMatchObject({ isAvailable: false, version: null, acceleration: null });
    expect(info.findings).toMatchObject([
      {
        ...{ subject: 'QEMU', isGood: false },
        cause: expect.stringContaining("'/no/such/qemu'"),
        cure: expect.stringContaining('INNKEEPER_QEMU'),
      },
    ]);
    expect(engine.check(CONFIG)).toEqual([]);
  });

  it('refuses a QEMU that is too old, naming both versions', async () => {
    const { info } = await probeWith({ INNKEEPER_QEMU: programThatSays(answers({ major: 5, minor: 2, micro: 0 })) });
    expect(info).toMatchObject({ isAvailable: false, version: '5.2.0' });
    expect(info.findings[0]?.cause).toMatch(/QEMU 5\.2\.0, and machines need 6\.2/);
  });

  it('quotes a QEMU that does not work', async () => {
    const { info } = await probeWith({ INNKEEPER_QEMU: programThatSays('', 1) });
    expect(info.isAvailable).toBe(false);
    expect(info.findings[0]?.cause).toMatch(/does not work: it is broken\./);
  });

  it('compares versions number by number', () => {
    expect(isAtLeast({ major: 10, minor: 0, micro: 0 }, OLDEST_VERSION)).toBe(true);
    expect(isAtLeast({ major: 6, minor: 10, micro: 0 }, OLDEST_VERSION)).toBe(true);
    expect(isAtLeast(OLDEST_VERSION, OLDEST_VERSION)).toBe(true);
    expect(isAtLeast({ major: 6, minor: 1, micro: 9 }, OLDEST_VERSION)).toBe(false);
  });

  it('has a cure for each lack of acceleration', () => {
    const say = (...rest: [Parameters<typeof acceleration>[1], Parameters<typeof acceleration>[2]]) =>
      acceleration('kvm', ...rest, 'ann');
    expect(say('open', { outcome: 'runs', reason: null })).toMatchObject({ isGood: true, cure: null });
    const lacks = [
      say('missing', undefined),
      say('forbidden', undefined),
      say('open', undefined),
      say('open', { outcome: 'hangs', reason: 'it hangs' }),
      say('open', { outcome: 'refused', reason: 'no such thing' }),
    ];
    for (const { isGood, cause, cure } of lacks) {
      expect({ isGood, cause }).toEqual({ isGood: false, cause: expect.stringContaining('translation') });
      expect(cure).toMatch(/\w+\.$|sudo/);
    }
    expect(lacks[1]?.cure).toContain('usermod -aG kvm ann');
  });
});

describe('cures', () => {
  it.each([
    ['ID=debian\nVERSION_ID="12"\n', 'apt', 'sudo apt install qemu-system-x86'],
    ['NAME="Linux Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\n', 'apt', 'sudo apt install qemu-system-x86'],
    ['ID=fedora\n', 'dnf', 'sudo dnf install'],
    ['ID="opensuse-leap"\nID_LIKE="suse opensuse"\n', 'zypper', 'sudo zypper install'],
    ['ID=manjaro\nID_LIKE=arch\n', 'pacman', 'sudo pacman -S'],
    ['ID=alpine\n', 'apk', 'sudo apk add'],
    ['ID=plan9\n', 'unknown', 'with the means of your system'],
  ])('for %j are by %s', (osRelease, manager, command) => {
    expect(packageManagerOf(osRelease)).toBe(manager);
    expect(installCure('qemu', packageManagerOf(osRelease))).toContain(command);
  });

  it('name only what the system has', () => {
    expect(installCure('swtpm', 'winget')).toContain('with the means of your system');
    expect(installCure('swtpm', 'brew')).toContain('brew install swtpm');
  });
});

describe('programs', () => {
  it('are found by PATH first, and only when they may be run', () => {
    const folder = makeTempFolder();
    for (const name of ['a', 'b']) mkdirSync(path.join(folder, name));
    writeFileSync(path.join(folder, 'a', 'tool'), '', { mode: 0o644 });
    writeFileSync(path.join(folder, 'b', 'tool'), '', { mode: 0o755 });
    const env = { PATH: `relative:${folder}/a:${folder}/b` };
    expect(findProgram(['missing', 'tool'], env, 'linux')).toBe(path.join(folder, 'b', 'tool'));
    expect(findProgram(['no-such-tool'], env, 'linux')).toBeUndefined();
  });
});

describe('UEFI firmware', () => {
  /** A folder as of an installation, with descriptions in `share/qemu/firmware`. */
  function installation(descriptions: Record<string, object | string>): { binary: string; file(name: string): string } {
    const folder = makeTempFolder();
    const file = (name: string): string => path.join(folder, name);
    for (const name of ['bin', 'share/qemu/firmware']) mkdirSync(file(name), { recursive: true });
    for (const name of ['code.fd', 'vars.fd', 'secure.fd', 'keys.fd']) writeFileSync(file(name), 'x');
    for (const [name, content] of Object.entries(descriptions)) {
      const text = typeof content === 'string' ? content : JSON.stringify(content).replaceAll('@', `${folder}/`);
      writeFileSync(file(`share/qemu/firmware/${name}`), text);
    }
    return { binary: file('bin/qemu-system-x86_64'), file };
  }

  function description(code: string, vars: string, features: string[], architecture = 'x86_64'): object {
    return {
      'interface-types': ['uefi'],
      mapping: { device: 'flash', executable: { filename: code, format: 'raw' }, 'nvram-template': { filename: vars } },
      targets: [{ architecture, machines: ['pc-q35-*'] }],
      features,
    };
  }

  it('is taken from its descriptions, in the order of their names', async () => {
    const { binary, file } = installation({
      '60-plain.json': description('@code.fd', '@vars.fd', ['acpi-s3']),
      '40-secure.json': description('@secure.fd', '@keys.fd', ['secure-boot', 'enrolled-keys', 'requires-smm']),
      '10-arm.json': description('@code.fd', '@vars.fd', [], 'aarch64'),
      '20-gone.json': description('@gone.fd', '@vars.fd', []),
      '30-broken.json': '{ "interface-types"',
    });
    const found = await findUefi(binary, {});
    expect(pickUefi(found, true)).toEqual({
      ...{ executable: file('secure.fd'), template: file('keys.fd'), format: 'raw', templateFormat: 'raw' },
      ...{ isSecureBoot: true, hasKeys: true, needsSmm: true },
    });
    expect(pickUefi(found, false)).toMatchObject({ executable: file('code.fd'), template: file('vars.fd') });
  });

  it("is the user's own where the user describes one", async () => {
    const { binary, file } = installation({ '60-plain.json': description('@code.fd', '@vars.fd', []) });
    const own = path.join(makeTempFolder(), 'qemu/firmware');
    mkdirSync(own, { recursive: true });
    const text = JSON.stringify(description(file('secure.fd'), file('keys.fd'), []));
    writeFileSync(path.join(own, '99.json'), text);
    const found = await findUefi(binary, { XDG_CONFIG_HOME: path.resolve(own, '../..') });
    expect(pickUefi(found, false)?.executable).toBe(file('secure.fd'));
  });
});
