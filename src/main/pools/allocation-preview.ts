import type { MachineId } from '../../shared/model/machine.ts';
import type { Pool } from '../../shared/model/pool.ts';
import type { Hypothesis, PoolPreview } from '../../shared/pool-contract.ts';
import { allocateMemory, allocateProcessors, type ClaimTree, type MachineClaims } from '../hypervisor/claim-tree.ts';
import { claimIssues, type HostRoom } from '../hypervisor/pool-rules.ts';
import type { MachineRecord } from '../machines/machine-record.ts';
import { resourceGrant } from './allocation-controller.ts';
import { isOn, machineClaimNode, mostProcessors, poolClaimNode } from './machine-claims.ts';

export interface PreviewParts {
  pools: readonly Pool[];
  machines: readonly MachineRecord[];
  room: HostRoom;
  /** What the machines that are on want at this moment, in processors. */
  demands: ReadonlyMap<string, number>;
}

/** What everybody would get with other claims: changes nothing, so that sliders can ask at every move. */
export function previewAllocation(parts: PreviewParts, hypothesis: Hypothesis): PoolPreview {
  const pools = supposePools(parts.pools, hypothesis);
  const machines = supposeMachines(parts.machines, hypothesis);
  const usable = machines.filter(({ config, isDamaged }) => !config.isTemplate && !isDamaged);
  const on = machines.filter(isOn);
  const nodes = [...pools.map(poolClaimNode), ...on.map(({ id, config }) => machineClaimNode(id, config))];
  const fullDemand = ({ config }: MachineRecord) => mostProcessors(config);
  const presentDemand = (record: MachineRecord) => parts.demands.get(record.id) ?? fullDemand(record);
  return {
    fullLoad: loadOf({ pools, machines: usable.map((each) => claimsOf(each, fullDemand(each))) }, parts.room),
    presentLoad: loadOf({ pools, machines: on.map((each) => claimsOf(each, presentDemand(each))) }, parts.room),
    problems: claimIssues(nodes, parts.room).map(({ message }) => message),
  };
}

function supposePools(pools: readonly Pool[], { pools: changes }: Hypothesis): Pool[] {
  return pools.map((pool) => {
    const change = changes.find(({ id }) => id === pool.id);
    return { ...pool, processor: change?.processor ?? pool.processor, memory: change?.memory ?? pool.memory };
  });
}

function supposeMachines(machines: readonly MachineRecord[], { machines: changes }: Hypothesis): MachineRecord[] {
  const byId = new Map(changes.map((change) => [change.id, change]));
  return machines.map((record) => {
    const change = byId.get(record.id);
    if (!change) return record;
    const { resources } = record.config;
    const poolId = change.poolId === undefined ? resources.poolId : change.poolId;
    const { processor = resources.processor, memory = resources.memory } = change;
    return { ...record, config: { ...record.config, resources: { ...resources, poolId, processor, memory } } };
  });
}

const claimsOf = ({ id, config }: MachineRecord, processorDemand: number): MachineClaims => ({
  ...{ id, poolId: config.resources.poolId, processor: config.resources.processor, memory: config.resources.memory },
  processorDemand,
  memoryDemandMiB: config.memoryMiB,
});

function loadOf(tree: ClaimTree, room: HostRoom): PoolPreview['fullLoad'] {
  const processors = allocateProcessors(tree, room.processors);
  const memory = allocateMemory(tree, room.memoryMiB);
  const grantOf = (id: string) => resourceGrant(processors.get(id), memory.get(id));
  return {
    machines: tree.machines.map(({ id }) => ({ machineId: id as MachineId, ...grantOf(id) })),
    pools: tree.pools.map(({ id }) => ({ poolId: id as Pool['id'], ...grantOf(id) })),
  };
}
