import { ActionIcon, CopyButton, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy, IconMessages } from '@tabler/icons-react';
import type { GuestInfo } from '../../shared/guest-contract.ts';
import type { Machine } from '../../shared/model/machine.ts';
import { formatBytes } from '../../shared/units.ts';
import { Block, Fact, Facts } from '../components/block.tsx';
import classes from './guest-block.module.css';
import { useGuest } from './use-guest.ts';

/** What the guest says of itself; grey, with the reason, where it says nothing. */
export function GuestBlock({ machine }: { machine: Machine }) {
  const info = useGuest(machine);
  if (info === undefined) return null;
  return (
    <Block title="Guest" icon={IconMessages}>
      {info.isAgentConnected ? <AgentFacts info={info} /> : <p className={classes.silent}>{info.agentReason}</p>}
      <Facts>
        {info.memory.balloonBytes !== null && <Fact label="Memory">{formatBytes(info.memory.balloonBytes)}</Fact>}
        {info.memory.freeBytes !== null && <Fact label="Free">{formatBytes(info.memory.freeBytes)}</Fact>}
      </Facts>
    </Block>
  );
}

function AgentFacts({ info: { osName, kernel, hostname, interfaces } }: { info: GuestInfo }) {
  return (
    <Facts>
      {osName !== null && <Fact label="System">{osName}</Fact>}
      {kernel !== null && <Fact label="Kernel">{kernel}</Fact>}
      {hostname !== null && <Fact label="Host Name">{hostname}</Fact>}
      {interfaces.map(({ name, addresses }) => (
        <Fact key={name} label={name}>
          {addresses.length === 0 && <span className={classes.silent}>No address</span>}
          {addresses.map((address) => (
            <Address key={address} address={address} />
          ))}
        </Fact>
      ))}
    </Facts>
  );
}

function Address({ address }: { address: string }) {
  return (
    <span className={classes.address}>
      <code>{address}</code>
      <CopyButton value={address}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? 'Copied' : 'Copy'}>
            <ActionIcon size="xs" variant="subtle" color="gray" onClick={copy} aria-label={`Copy ${address}`}>
              {copied ? <IconCheck size={12} /> : <IconCopy size={12} />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </span>
  );
}
