import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeHome, type RealCore, startRealCore, tearDown } from '../support/real-core.ts';
import { SerialConsole } from '../support/serial-console.ts';

const GUID = '11111111-2222-4333-8444-555555555555';

/** A machine without any disk: its firmware ends in the shell that it brings, on the serial port. */
describe('a machine with UEFI', () => {
  let core: RealCore;
  beforeAll(async () => {
    core = await startRealCore(await makeHome());
    await core.client.machine.create({
      ...{ name: 'web', engine: 'qemu', osType: 'other-64', memoryMiB: 256, processors: 1, diskSizeBytes: null },
      motherboard: { chipset: 'q35', firmware: 'uefi', hasTpm: true },
    });
  });
  afterAll(() => tearDown(core));

  const start = async (machine = 'web') => {
    const { state, config } = await core.client.machine.start({ machine });
    expect(state, config.name).toBe('Running');
    return new SerialConsole(await core.connection.openChannel(machine, 'serial'));
  };
  /** From power on to the shell, past its wait for a key. */
  const boot = async (machine = 'web') => {
    const serial = await start(machine);
    await serial.expect('in 5 seconds');
    serial.send('');
    await serial.expect('Shell> ');
    return serial;
  };
  const write = async (serial: SerialConsole, word: string) => {
    const hex = Buffer.from(word.padEnd(8)).toString('hex');
    serial.send(`setvar InnWord -guid ${GUID} -nv -bs =0x${hex}\r`);
    await serial.expect('Shell> ');
  };
  /** The shell takes a number, and shows its bytes in the order of memory: the last letter first. */
  const read = async (serial: SerialConsole) => {
    serial.send(`setvar InnWord -guid ${GUID}\r`);
    const [, bytes = ''] = await serial.expect(/InnWord - 0008 Bytes\s+((?:[0-9A-F]{2} ){8})/);
    await serial.expect('Shell> ');
    return Buffer.from(bytes.replaceAll(' ', ''), 'hex').reverse().toString().trim();
  };
  const powerOff = (machine = 'web') => core.client.machine.powerOff({ machine });
  /** What the TPM keeps in the machine's folder, as a digest; it is at rest. */
  const tpmState = async (machine = 'web') => {
    const { folder } = await core.client.machine.get({ machine });
    const names = (await readdir(folder, { recursive: true })).filter((name) => /board-[^/]+\/.*permall$/.test(name));
    expect(names).toHaveLength(1);
    const [name = ''] = names;
    return createHash('sha256')
      .update(await readFile(path.join(folder, name)))
      .digest('hex');
  };
  const restore = (snapshot: string) => core.client.snapshot.restore({ machine: 'web', snapshot });

  it('goes through saved states, snapshots and clones with the variables of that moment', async () => {
    const serial = await boot();
    await write(serial, 'one');
    expect(await read(serial)).toBe('one');
    await core.client.snapshot.take({ machine: 'web', name: 'live' });
    await write(serial, 'two');

    await core.end('SIGKILL');
    core = await startRealCore(core.home); // the machine and its TPM have gone on
    expect((await core.client.machine.get({ machine: 'web' })).state).toBe('Running');
    {
      await using found = new SerialConsole(await core.connection.openChannel('web', 'serial'));
      found.send(`setvar InnWord -guid ${GUID}\r`); // what the port has said before comes again first
      await found.expect(/InnWord - 0008 Bytes\s+(20 ){5}6F 77 74/);
    }

    await core.client.machine.saveState({ machine: 'web' });
    {
      await using restored = await start();
      expect(await readAfterRestore(restored)).toBe('two');
    }
    await powerOff();
    await core.client.snapshot.take({ machine: 'web', name: 'off' });
    await core.client.machine.clone({ machine: 'web', name: 'twin', kind: 'linked' });
    const sealed = await tpmState();
    expect(await tpmState('twin')).toBe(sealed);

    expect((await restore('live')).state).toBe('Saved');
    {
      await using restored = await start();
      expect(await readAfterRestore(restored)).toBe('one');
    }
    await powerOff();
    {
      await using again = await boot(); // from the file alone: the restored memory has been written there
      expect(await read(again)).toBe('one');
    }
    await powerOff();

    expect(await tpmState()).not.toBe(sealed); // each start of the firmware leaves its mark in the TPM
    expect((await restore('off')).state).toBe('PoweredOff');
    expect(await tpmState()).toBe(sealed);
    {
      await using again = await boot();
      expect(await read(again)).toBe('two');
      await write(again, 'three');
    }
    await powerOff();
    {
      await using twin = await boot('twin');
      expect(await read(twin)).toBe('two');
    }
  }, 600_000);

  /** The shell stands where it stood, and repeats its prompt. */
  const readAfterRestore = async (serial: SerialConsole) => {
    serial.send('\r');
    await serial.expect('Shell> ');
    return read(serial);
  };
});
