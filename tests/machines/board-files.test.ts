import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { boardDigest, copyBoard, copyBoardSafely } from '../../src/main/machines/board-files.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

describe('what a board remembers', () => {
  function makeBoard(): string {
    const board = join(makeTempFolder(), 'board-00000001');
    mkdirSync(join(board, 'tpm'), { recursive: true });
    writeFileSync(join(board, 'uefi-variables.fd'), 'variables');
    writeFileSync(join(board, 'tpm', 'tpm2-00.permall'), 'secrets');
    writeFileSync(join(board, 'tpm', '.lock'), '');
    writeFileSync(join(board, 'uefi-variables.fd.new'), 'half');
    return board;
  }

  it('is copied whole, without what programs leave beside it', async () => {
    const board = makeBoard();
    const copy = join(board, '..', 'copy.board');
    await copyBoardSafely(board, copy);
    expect(readdirSync(copy, { recursive: true }).sort()).toEqual(['tpm', 'tpm/tpm2-00.permall', 'uefi-variables.fd']);
    expect(readFileSync(join(copy, 'tpm', 'tpm2-00.permall'), 'utf8')).toBe('secrets');
  });

  it('is nothing when there was nothing', async () => {
    const nowhere = join(makeTempFolder(), 'none');
    await copyBoardSafely(nowhere, `${nowhere}.board`);
    expect(readdirSync(join(nowhere, '..'))).toEqual([]);
  });

  it('is never copied over another copy', () => {
    const board = makeBoard();
    const copy = join(board, '..', 'copy.board');
    copyBoard(board, copy);
    expect(() => copyBoard(board, copy)).toThrow(expect.objectContaining({ code: 'FILE_NOT_ACCESSIBLE' }));
  });

  it('has a digest that changes with its content and nothing else', async () => {
    const board = makeBoard();
    const before = await boardDigest(board);
    writeFileSync(join(board, 'tpm', '.lock'), 'held');
    expect(await boardDigest(board)).toBe(before);
    writeFileSync(join(board, 'uefi-variables.fd'), 'Variables');
    expect(await boardDigest(board)).not.toBe(before);
  });
});
