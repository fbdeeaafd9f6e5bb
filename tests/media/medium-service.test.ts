import { execFile } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { fileError } from '../../src/main/file-error.ts';
import { MediumId } from '../../src/shared/model/medium.ts';
import { isoBytes, qcow2Bytes, rawBytes, writeImage } from '../support/images.ts';
import { makeTestConfig, makeTestRecord } from '../support/machine-records.ts';
import { refusalOf } from '../support/refusal.ts';
import { openStore, type Store } from '../support/store.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const MIB = 1024 * 1024;

/** A machine that has the medium in its first drive. */
function attach({ table }: Store, name: string, mediumId: MediumId, kind: 'disk' | 'optical' = 'disk'): void {
  const attachments = [{ port: 0, device: 0, kind, mediumId }];
  table.insert(
    makeTestRecord({ config: makeTestConfig({ name, storage: [{ name: 'IDE', type: 'ide', attachments }] }) }),
  );
}

describe('registering', () => {
  it('makes a file known and tells it', async () => {
    const { media, folder, published } = openStore();
    const path = writeImage(folder, 'system.iso', isoBytes());
    const medium = await media.register(path, 'optical');
    expect(medium).toMatchObject({
      kind: 'optical',
      name: 'system.iso',
      location: path,
      format: 'raw',
      isOwned: false,
    });
    expect(medium).toMatchObject({ virtualSizeBytes: 65536, inaccessibleBecause: null, attachedTo: [] });
    expect(media.known()).toEqual([medium]);
    expect(published).toEqual([{ kind: 'mediumChanged', medium }]);
  });

  it('of a file that is known returns what is known, by whichever path, also when two ask at once', async () => {
    const { media, folder, published } = openStore();
    const path = writeImage(folder, 'a.img', rawBytes());
    symlinkSync(path, join(folder, 'link.img'));
    const [one, two] = await Promise.all([
      media.register(path, 'disk'),
      media.register(join(folder, 'link.img'), 'disk'),
    ]);
    expect(two).toEqual(one);
    expect(await media.register(path, 'disk')).toEqual(one);
    expect(media.known()).toHaveLength(1);
    expect(published).toHaveLength(1);
  });

  it('as another kind than it is known is refused', async () => {
    const { media, folder } = openStore();
    const path = writeImage(folder, 'hybrid.iso', isoBytes());
    await media.register(path, 'optical');
    expect(await refusalOf(() => media.register(path, 'disk'))).toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('never looks at the format again: a guest can write any header onto its raw disk', async () => {
    const { media, folder } = openStore();
    const path = writeImage(folder, 'a.img', rawBytes(128));
    const { id } = await media.register(path, 'disk');
    writeImage(folder, 'a.img', qcow2Bytes(MIB, { backingFile: true }));
    expect(await media.register(path, 'disk')).toMatchObject({ id, format: 'raw' });
    expect(await media.resolve(id)).toMatchObject({ format: 'raw', sizeBytes: 65536 });
  });
});

describe('a file that went', () => {
  it('is told once, with the reason, and once when it is back', async () => {
    const { media, folder, published } = openStore();
    const path = writeImage(folder, 'a.img', rawBytes());
    const { id } = await media.register(path, 'disk');
    rmSync(path);
    published.length = 0;
    const [missing] = await media.list();
    expect(missing).toMatchObject({ id, actualSizeBytes: null, virtualSizeBytes: 32768 });
    expect(missing?.inaccessibleBecause).toContain('does not exist');
    await media.list();
    expect(published).toHaveLength(1);
    expect(await refusalOf(() => media.resolve(id))).toMatchObject({ code: 'FILE_NOT_FOUND' });
    writeImage(folder, 'a.img', rawBytes());
    expect(await media.list()).toMatchObject([{ inaccessibleBecause: null }]);
    expect(published).toHaveLength(2);
  });
});

describe('resolving', () => {
  it('says what an engine needs; discs are never written to', async () => {
    const { media, folder } = openStore();
    const disk = await media.register(writeImage(folder, 'a.img', rawBytes()), 'disk');
    const disc = await media.register(writeImage(folder, 'a.iso', isoBytes()), 'optical');
    const { id, location: path } = disk;
    expect(await media.resolve(id)).toEqual({
      id,
      path,
      format: 'raw',
      sizeBytes: 32768,
      isReadOnly: false,
      backing: [],
    });
    expect(await media.resolve(disc.id)).toMatchObject({ isReadOnly: true });
  });

  it('an unknown medium is refused', async () => {
    const { media } = openStore();
    const id = MediumId.parse('00000000-0000-4000-8000-000000000001');
    expect(await refusalOf(() => media.resolve(id))).toMatchObject({ code: 'MEDIUM_NOT_FOUND' });
    expect(await refusalOf(() => media.remove(id, false))).toMatchObject({ code: 'MEDIUM_NOT_FOUND' });
  });
});

describe('removing', () => {
  it('forgets the medium and keeps its file, unless the file is to go', async () => {
    const { media, folder, published } = openStore();
    const path = writeImage(folder, 'a.img', rawBytes());
    const { id } = await media.register(path, 'disk');
    await media.remove(id, false);
    expect([media.known(), existsSync(path)]).toEqual([[], true]);
    expect(published.at(-1)).toEqual({ kind: 'mediumRemoved', id });
    const again = await media.register(path, 'disk');
    await media.remove(again.id, true);
    expect(existsSync(path)).toBe(false);
    expect(readdirSync(folder).filter((name) => name.startsWith('.trash'))).toEqual([]);
  });

  it('is refused while a machine has it attached, and the file stays', async () => {
    const store = openStore();
    const path = writeImage(store.folder, 'a.img', rawBytes());
    const { id } = await store.media.register(path, 'disk');
    attach(store, 'web', id);
    expect(store.media.known()).toMatchObject([{ attachedTo: ['web'] }]);
    const refusal = await refusalOf(() => store.media.remove(id, true));
    expect(refusal).toMatchObject({ code: 'MEDIUM_IN_USE', details: { machines: ['web'] } });
    expect(existsSync(path)).toBe(true);
  });

  it('a medium whose file is gone already succeeds', async () => {
    const { media, folder } = openStore();
    const path = writeImage(folder, 'a.img', rawBytes());
    const { id } = await media.register(path, 'disk');
    rmSync(path);
    await media.remove(id, true);
    expect(media.known()).toEqual([]);
  });
});

describe('attaching', () => {
  const drive = (kind: 'disk' | 'optical', mediumId: MediumId) =>
    makeTestConfig({ storage: [{ name: 'IDE', type: 'ide', attachments: [{ port: 0, device: 0, kind, mediumId }] }] });

  it('a disk serves one machine at a time, a disc any number', async () => {
    const store = openStore();
    const disk = await store.media.register(writeImage(store.folder, 'a.img', rawBytes()), 'disk');
    const disc = await store.media.register(writeImage(store.folder, 'a.iso', isoBytes()), 'optical');
    attach(store, 'one', disk.id);
    attach(store, 'two', disc.id, 'optical');
    const [problem] = store.media.problemsOf(drive('disk', disk.id), null);
    expect(problem).toMatchObject({ field: 'storage.0.attachments.0.mediumId', error: { code: 'MEDIUM_IN_USE' } });
    expect(problem?.error.message).toContain("'one'");
    expect(store.media.problemsOf(drive('optical', disc.id), null)).toEqual([]);
    const owner = store.table.byName('one');
    expect(store.media.problemsOf(drive('disk', disk.id), owner?.id ?? null)).toEqual([]);
  });

  it('a disc does not fit into a disk drive', async () => {
    const { media, folder } = openStore();
    const disc = await media.register(writeImage(folder, 'a.iso', isoBytes()), 'optical');
    expect(media.problemsOf(drive('disk', disc.id), null)).toMatchObject([{ error: { code: 'INVALID_CONFIG' } }]);
  });
});

describe('failures of files', () => {
  it.each([
    ['EACCES', 'FILE_NOT_ACCESSIBLE'],
    ['EPERM', 'FILE_NOT_ACCESSIBLE'],
    ['EROFS', 'FILE_NOT_ACCESSIBLE'],
    ['ENOSPC', 'DISK_FULL'],
    ['EDQUOT', 'DISK_FULL'],
    ['EFBIG', 'DISK_FULL'],
    ['EEXIST', 'FILE_EXISTS'],
    ['ENOENT', 'FILE_NOT_FOUND'],
  ])('%s becomes %s, with the path in the message and a way out', (errno, code) => {
    const error = fileError('/x/disk.img', Object.assign(new Error(errno), { code: errno }));
    expect(error).toMatchObject({ code, details: { path: '/x/disk.img', errno } });
    expect(error.message).toContain("'/x/disk.img'");
    expect(error.hint).toBeTruthy();
  });

  it('an unreadable disk is refused', async () => {
    const folder = makeTempFolder();
    chmodSync(folder, 0o755);
    const path = writeImage(folder, 'secret.img', rawBytes());
    chmodSync(path, 0o000);
    expect(await inspectWithoutPrivileges(path)).toBe('FILE_NOT_ACCESSIBLE');
    chmodSync(path, 0o444);
    expect(await inspectWithoutPrivileges(path)).toBe('raw');
  });

  /** Root may read everything, so the look is taken by a process of `nobody` then. Prints the format, or the code. */
  async function inspectWithoutPrivileges(path: string): Promise<string> {
    const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const source = `
      const { inspectImage } = await import(process.argv[1]);
      const { format, code } = await inspectImage(process.argv[2], 'disk').catch((error) => error);
      console.log(format ?? code);`;
    const module = new URL('../../src/main/media/inspect-image.ts', import.meta.url).href;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '-e', source, module, path],
      nobody,
    );
    return stdout.trim();
  }
});
