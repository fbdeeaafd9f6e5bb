import { InnError } from '../../../shared/errors.ts';
import type { Ipv4 } from './packets/addresses.ts';
import { findPortHolder } from './port-holder.ts';
import type { Sender } from './sender.ts';

export interface PortForward {
  id: string;
  protocol: 'tcp' | 'udp';
  /** Where the host listens: an address of its own; 0.0.0.0 for all. */
  hostAddress: string;
  /** 1 to 65535, or 0 for any free one. */
  hostPort: number;
  /** An address of the network, or the adapter that has one by its lease. */
  target: { address: string } | { macAddress: string };
  guestPort: number;
}

/** The guest that a forward leads to: attached, and known to answer. */
export interface Target {
  sender: Sender;
  address: Ipv4;
}

/** A forward that is in force, with the port that was chosen. */
export interface OpenForward extends PortForward {
  /** Connections, or clients of UDP, since it was opened. */
  connections: number;
}

/**
 * Says why a port could not be opened.
 * @returns `PORT_IN_USE` with the process that holds it where known; `INVALID_CONFIG` for an address or port that cannot be
 */
export async function explainListenFailure(forward: PortForward, error: NodeJS.ErrnoException): Promise<InnError> {
  const { protocol, hostAddress, hostPort } = forward;
  const place = `${protocol.toUpperCase()} port ${hostPort} of '${hostAddress}'`;
  const details = { protocol, hostAddress, hostPort };
  if (error.code === 'EADDRINUSE') return portInUse(forward, place, details, error);
  if (error.code === 'EACCES') {
    const hint = 'Ports below 1024 are often kept for the system: choose a higher one.';
    return new InnError('INVALID_CONFIG', `Cannot open ${place}: the system does not permit it.`, {
      hint,
      details,
      cause: error,
    });
  }
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND' || error.code === 'EINVAL') {
    const hint = 'Use 127.0.0.1 for this computer alone, or 0.0.0.0 for all its addresses.';
    const message = `Cannot open ${place}: the host has no such address.`;
    return new InnError('INVALID_CONFIG', message, { hint, details, cause: error });
  }
  return new InnError('INTERNAL', `Cannot open ${place}: ${error.message}`, { details, cause: error });
}

async function portInUse(
  { protocol, hostPort }: PortForward,
  place: string,
  details: Record<string, unknown>,
  cause: Error,
): Promise<InnError> {
  const holder = await findPortHolder(protocol, hostPort);
  const by = holder ? `by '${holder.program}' (process ${holder.pid})` : 'by another program';
  const hint = 'Choose another port of the host, or end the program that holds this one.';
  return new InnError('PORT_IN_USE', `Cannot open ${place}: it is held ${by}.`, {
    hint,
    details: { ...details, ...(holder ? { holder } : {}) },
    cause,
  });
}
