import { describe, expect, it } from 'vitest';
import { assertClaims, type ClaimNode, claimIssues, poolsAround } from '../../src/main/hypervisor/pool-rules.ts';
import { refusalOf } from '../support/refusal.ts';

const HOST = { processors: 4, memoryMiB: 8192 };

function node(id: string, rest: Partial<ClaimNode> = {}): ClaimNode {
  const nothing = { reservation: 0, limit: null };
  return { id, name: id, kind: 'pool', parentId: null, processor: nothing, memory: nothing, ...rest };
}

const reserves = (processors: number, memoryMiB = 0) => ({
  processor: { reservation: processors, limit: null },
  memory: { reservation: memoryMiB, limit: null },
});

const messages = (...nodes: ClaimNode[]) => claimIssues(nodes, HOST).map(({ message }) => message);

describe('the rules of pools', () => {
  it('find nothing wrong with claims that fit', () => {
    const lab = node('Lab', reserves(0.3, 2048));
    const inside = ['a', 'b', 'c'].map((id) => node(id, { kind: 'machine', parentId: 'Lab', ...reserves(0.1, 512) }));
    expect(messages(lab, ...inside)).toEqual([]);
  });

  it('refuse children that reserve more than their pool', () => {
    const lab = node('Lab', reserves(1, 1024));
    const web = node('web', { kind: 'machine', parentId: 'Lab', ...reserves(0.75, 2048) });
    const test = node('Test', { parentId: 'Lab', ...reserves(0.5) });
    expect(claimIssues([lab, web, test], HOST)).toEqual([
      {
        severity: 'error',
        field: 'Lab.processor.reservation',
        message: "What is in 'Lab' reserves 1.25 processors together, but the pool itself reserves only 1 processor.",
      },
      {
        severity: 'error',
        field: 'Lab.memory.reservation',
        message: "What is in 'Lab' reserves 2 GB of memory together, but the pool itself reserves only 1 GB of memory.",
      },
    ]);
  });

  it('refuse what the host cannot keep', () => {
    expect(messages(node('Lab', reserves(3)), node('web', { kind: 'machine', ...reserves(1.5) }))).toEqual([
      'What stands on the host reserves 4.5 processors together, but the host can give only 4 processors.',
    ]);
  });

  it('refuse a limit below the reservation beside it', () => {
    const claim = { reservation: 1, limit: 0.5 };
    expect(messages(node('Lab', { processor: claim }))).toEqual([
      "The limit of 'Lab' (0.5 processors) is below its reservation (1 processor).",
    ]);
  });

  it('refuse a pool within itself', () => {
    const circle = [node('a', { parentId: 'c' }), node('b', { parentId: 'a' }), node('c', { parentId: 'b' })];
    expect(messages(...circle)).toContain("The pool 'b' cannot be within itself.");
    expect(messages(node('a', { parentId: 'a' }))).toEqual(["The pool 'a' cannot be within itself."]);
  });

  it('refuse the ninth pool within pools, and no machine in the eighth', () => {
    const deep = Array.from({ length: 8 }, (_, depth) =>
      node(`p${depth}`, { parentId: depth === 0 ? null : `p${depth - 1}` }),
    );
    expect(messages(...deep, node('web', { kind: 'machine', parentId: 'p7' }))).toEqual([]);
    expect(messages(...deep, node('p8', { parentId: 'p7' }))).toEqual(["'p8' would be 9 pools deep; 8 is the most."]);
  });

  it('throw for what is newly wrong alone, with a hint', async () => {
    const old = claimIssues([node('Lab', reserves(5))], HOST);
    expect(() => assertClaims(old, old)).not.toThrow();
    const issues = claimIssues([node('Lab', { processor: { reservation: 5, limit: 1 } })], HOST);
    const refused = await refusalOf(() => assertClaims(issues, old));
    expect(refused).toMatchObject({ code: 'INVALID_CONFIG', hint: expect.stringContaining('try again') });
  });

  it('tell the pools around a node, innermost first', () => {
    const pools = [node('a'), node('b', { parentId: 'a' }), node('c', { parentId: 'gone' })];
    const byId = new Map(pools.map((pool) => [pool.id, pool]));
    expect(poolsAround(byId, 'b').map(({ id }) => id)).toEqual(['b', 'a']);
    expect(poolsAround(byId, 'c').map(({ id }) => id)).toEqual(['c']);
    expect(poolsAround(byId, null)).toEqual([]);
  });
});
