import { Button, Group } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import type { MachineId } from '../../shared/model/machine.ts';
import type { PoolId } from '../../shared/model/resources.ts';
import type { Hypothesis } from '../../shared/pool-contract.ts';
import { MIB } from '../../shared/units.ts';
import { api } from '../api.ts';
import { attempt } from '../notify.tsx';
import { useObservable } from '../observable.ts';
import { useMachines, world } from '../store.ts';
import { usageSamples } from '../usage-store.ts';
import { ClaimEditor, type Claims } from './claim-editor.tsx';
import { HostShare } from './host-share.tsx';
import { type PoolDialog, PoolDialogs } from './pool-dialogs.tsx';
import { type PoolRow, poolRows } from './pool-rows.ts';
import { PoolTable } from './pool-table.tsx';
import classes from './pools.module.css';
import { useGrants, usePreview } from './use-grants.ts';

/** Pools and machines as a tree; claims are tried on sliders before they are saved. */
export function PoolsTab() {
  const pools = useObservable(world, (now) => now.pools);
  const machines = useMachines();
  const host = useObservable(usageSamples, (now) => now.at(-1)?.host);
  const [selectedKey, setSelectedKey] = useState<string>('host');
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const [draft, setDraft] = useState<{ key: string; claims: Claims } | null>(null);
  const [dialog, setDialog] = useState<PoolDialog | null>(null);
  const rows = useMemo(() => poolRows(pools.values(), machines.values(), collapsed), [pools, machines, collapsed]);
  const selected = rows.find(({ key }) => key === selectedKey) ?? rows[0];
  const tried = draft !== null && draft.key === selected?.key ? draft.claims : null;
  const grants = useGrants();
  const preview = usePreview(hypothesisOf(selected, tried), useVersion(pools, machines));
  const select = (key: string) => {
    setSelectedKey(key);
    setDraft(null);
  };
  return (
    <>
      <Group gap="xs">
        <Button
          leftSection={<IconPlus size={15} />}
          onClick={() => setDialog({ kind: 'create', parent: selected?.kind === 'pool' ? selected.pool : null })}
        >
          New pool
        </Button>
        {selected?.kind === 'pool' && (
          <>
            <Button variant="default" onClick={() => setDialog({ kind: 'rename', pool: selected.pool })}>
              Rename
            </Button>
            <Button variant="default" onClick={() => setDialog({ kind: 'remove', pool: selected.pool })}>
              Remove
            </Button>
          </>
        )}
        <span className={classes.quiet}>Drag a machine into a pool, or choose the pool in its settings</span>
      </Group>
      <div className={classes.columns}>
        <PoolTable
          rows={rows}
          selectedKey={selected?.key ?? 'host'}
          collapsed={collapsed}
          grants={grants}
          preview={preview}
          onSelect={select}
          onToggle={(key) => setCollapsed((now) => toggledSet(now, key))}
          onDrop={(ids, poolId) => void attempt(() => putInto(ids, poolId))}
        />
        {selected === undefined || selected.kind === 'host' ? (
          <HostShare />
        ) : (
          <ClaimEditor
            key={selected.key}
            name={selected.kind === 'pool' ? selected.pool.name : selected.machine.config.name}
            claims={tried ?? claimsOf(selected)}
            processors={host?.processorsTotal ?? 1}
            memoryMiB={Math.floor((host?.memoryTotalBytes ?? 1024 * MIB) / MIB)}
            problems={tried === null ? [] : (preview?.problems ?? [])}
            isChanged={tried !== null}
            onChange={(claims) => setDraft({ key: selected.key, claims })}
            onReset={() => setDraft(null)}
            onSave={() => void attempt(() => saveClaims(selected, tried)).then((isSaved) => isSaved && setDraft(null))}
          />
        )}
      </div>
      <PoolDialogs dialog={dialog} onClose={() => setDialog(null)} onMade={({ id }) => select(id)} />
    </>
  );
}

type ClaimRow = Exclude<PoolRow, { kind: 'host' }>;

function claimsOf(row: ClaimRow): Claims {
  const { processor, memory } = row.kind === 'pool' ? row.pool : row.machine.config.resources;
  return { processor, memory };
}

function hypothesisOf(row: PoolRow | undefined, tried: Claims | null): Hypothesis {
  if (row === undefined || row.kind === 'host' || tried === null) return { pools: [], machines: [] };
  return row.kind === 'pool'
    ? { pools: [{ id: row.poolId, ...tried }], machines: [] }
    : { pools: [], machines: [{ id: row.machine.id, ...tried }] };
}

async function saveClaims(row: ClaimRow, tried: Claims | null): Promise<void> {
  if (tried === null) return;
  if (row.kind === 'pool') {
    await api.pool.configure({ pool: row.poolId, ...tried });
    return;
  }
  const { id, revision, config } = row.machine;
  const resources = { ...config.resources, ...tried };
  await api.machine.configure({ machine: id, revision, config: { ...config, resources } });
}

async function putInto(ids: readonly MachineId[], pool: PoolId | null): Promise<void> {
  for (const machine of ids) await api.pool.assign({ machine, pool });
}

/** Changes whenever a claim somewhere does: what would be given depends on all of them. */
function useVersion(pools: ReadonlyMap<unknown, object>, machines: ReturnType<typeof useMachines>): string {
  return useMemo(
    () =>
      JSON.stringify([
        [...pools.values()],
        [...machines.values()].map(({ id, state, config }) => [id, state, config.resources, config.processors]),
      ]),
    [pools, machines],
  );
}

function toggledSet(items: ReadonlySet<string>, item: string): ReadonlySet<string> {
  const next = new Set(items);
  if (!next.delete(item)) next.add(item);
  return next;
}
