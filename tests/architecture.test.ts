import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');
const sources = globSync('{src,tests,bench}/**/*.{ts,tsx}', { cwd: root }).map((file) => file.replaceAll('\\', '/'));

interface Import {
  from: string;
  to: string;
}

/** Every import and re-export of a file, relative ones as paths from the repository's root. Types count too. */
function importsOf(file: string): Import[] {
  const text = readFileSync(path.join(root, file), 'utf8');
  const pattern = /(?:from|import)\s*\(?\s*'([^']+)'/g;
  return [...text.matchAll(pattern)].map((match) => {
    const specifier = match[1] ?? '';
    const to = specifier.startsWith('.') ? path.posix.join(path.posix.dirname(file), specifier) : specifier;
    return { from: file, to };
  });
}

const imports = sources.flatMap(importsOf);
const offenders = (wrong: (each: Import) => boolean) =>
  imports.filter(wrong).map(({ from, to }) => `${from} imports ${to}`);

const isIn = (folder: string) => (file: string) => file.startsWith(`${folder}/`);
const isFile = (to: string) => to.startsWith('src/') || to.startsWith('tests/') || to.startsWith('bench/');

describe('import walls', () => {
  it('shared imports nothing but itself, zod and @orpc/contract', () => {
    const isAllowed = (to: string) => isIn('src/shared')(to) || to === 'zod' || to === '@orpc/contract';
    expect(offenders(({ from, to }) => isIn('src/shared')(from) && !isAllowed(to))).toEqual([]);
  });

  it('the renderer knows shared and itself, and nothing of the core or of Node', () => {
    const isForbidden = (to: string) =>
      to.startsWith('node:') ||
      to === 'electron' ||
      (isFile(to) && !isIn('src/shared')(to) && !isIn('src/renderer')(to));
    expect(offenders(({ from, to }) => isIn('src/renderer')(from) && isForbidden(to))).toEqual([]);
  });

  it('only the desktop entry imports electron', () => {
    const isDesktop = (from: string) =>
      isIn('src/main/desktop')(from) || from === 'src/main/index.ts' || from === 'src/main/preload.ts';
    expect(offenders(({ from, to }) => to === 'electron' && from.startsWith('src/') && !isDesktop(from))).toEqual([]);
  });

  it('engines know no database, no service and not each other', () => {
    const engineOf = (file: string) => /^src\/main\/engines\/(qemu|embedded|fake)\//.exec(file)?.[1];
    const isOutside = ({ from, to }: Import) => {
      if (!isIn('src/main/engines')(from) || !isFile(to)) return false;
      if (['src/shared', 'src/main/media/formats', 'src/main/processes'].some((folder) => isIn(folder)(to)))
        return false;
      const other = engineOf(to);
      return (
        !isIn('src/main/engines')(to) ||
        (other !== undefined && engineOf(from) !== undefined && other !== engineOf(from))
      );
    };
    expect(offenders(isOutside)).toEqual([]);
  });

  it('what starts and ends processes knows only shared and itself', () => {
    const isAllowed = (to: string) => isIn('src/shared')(to) || isIn('src/main/processes')(to);
    expect(offenders(({ from, to }) => isIn('src/main/processes')(from) && isFile(to) && !isAllowed(to))).toEqual([]);
  });

  it('the database tables know only shared and plain records', () => {
    const isAllowed = (to: string) =>
      isIn('src/shared')(to) ||
      isIn('src/main/db')(to) ||
      to.endsWith('-record.ts') ||
      to === 'src/main/engines/engine.ts' ||
      to === 'src/main/events.ts';
    expect(offenders(({ from, to }) => isIn('src/main/db')(from) && isFile(to) && !isAllowed(to))).toEqual([]);
  });

  it('the pure hypervisor model imports no effects', () => {
    const pure = (from: string) => isIn('src/main/hypervisor')(from) && !from.endsWith('host-capacity.ts');
    expect(
      offenders(
        ({ from, to }) =>
          pure(from) &&
          (to.startsWith('node:') || (isFile(to) && !isIn('src/shared')(to) && !isIn('src/main/hypervisor')(to))),
      ),
    ).toEqual([]);
  });

  it('has no import cycles', () => {
    const graph = new Map<string, string[]>();
    for (const { from, to } of imports) if (isFile(to)) graph.set(from, [...(graph.get(from) ?? []), to]);
    expect(findCycle(graph)).toBeUndefined();
  });
});

describe('files', () => {
  it('stay under 400 lines', () => {
    const long = sources
      .map((file) => ({ file, lines: readFileSync(path.join(root, file), 'utf8').split('\n').length }))
      .filter(({ lines }) => lines > 400);
    expect(long).toEqual([]);
  });

  it('are named in kebab-case for one thing, never utils or helpers', () => {
    const isGood = (file: string) =>
      /^[a-z0-9-]+(\.[a-z0-9-]+)*\.tsx?$/.test(path.posix.basename(file)) &&
      !/\b(utils?|helpers?|misc|common)\b/.test(path.posix.basename(file));
    expect(sources.filter((file) => !isGood(file))).toEqual([]);
  });

  it('has no skipped or focused tests', () => {
    const marked = sources
      .filter((file) => file.startsWith('tests/') && file !== 'tests/architecture.test.ts')
      .filter((file) => /\b(it|test|describe)\.(only|todo|skip)\(/.test(readFileSync(path.join(root, file), 'utf8')));
    expect(marked).toEqual([]);
  });
});

/** A path of files that import each other in a circle, or undefined. Depth-first search with three colours. */
function findCycle(graph: Map<string, string[]>): string[] | undefined {
  const done = new Set<string>();
  const visit = (file: string, trail: string[]): string[] | undefined => {
    if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const next of graph.get(file) ?? []) {
      const cycle = visit(next, [...trail, file]);
      if (cycle) return cycle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const cycle = visit(file, []);
    if (cycle) return cycle;
  }
  return undefined;
}
