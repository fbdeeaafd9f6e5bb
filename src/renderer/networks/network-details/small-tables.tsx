import type { NetworkDetails, NetworkLease } from '../../../shared/model/virtual-network.ts';
import { Copied } from '../copied.tsx';
import classes from '../networks.module.css';

/** The addresses that the network has given. */
export function LeasesTable({ leases }: { leases: readonly NetworkLease[] }) {
  if (leases.length === 0) return <p className={classes.note}>No address has been given yet.</p>;
  return (
    <table className={classes.rows} aria-label="Leases">
      <thead>
        <tr>
          <th>Address</th>
          <th>Machine</th>
          <th>MAC address</th>
          <th>The guest calls itself</th>
          <th>Until</th>
        </tr>
      </thead>
      <tbody>
        {leases.map(({ address, machineName, macAddress, hostName, expiresAt }) => (
          <tr key={macAddress}>
            <td>
              <Copied text={address} />
            </td>
            <td>{machineName ?? 'no machine has it now'}</td>
            <td>
              <code>{macAddress}</code>
            </td>
            <td>{hostName ?? '–'}</td>
            <td>{new Date(expiresAt).toLocaleString()}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What the network did not let through, with the rule that refused it. */
export function RefusalsTable({ refusals }: Pick<NetworkDetails, 'refusals'>) {
  if (refusals.length === 0)
    return <p className={classes.note}>Nothing has been refused since the network began to run.</p>;
  return (
    <table className={classes.rows} aria-label="Refusals">
      <thead>
        <tr>
          <th>Times</th>
          <th>Rule</th>
          <th>What it says</th>
        </tr>
      </thead>
      <tbody>
        {refusals.map(({ rule, says, count }) => (
          <tr key={rule}>
            <td>{count}</td>
            <td>
              <code>{rule}</code>
            </td>
            <td data-wide>{says}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
