import * as z from 'zod';
import { call, MachineRef, Nothing } from './contract-call.ts';
import { NetworkId } from './model/network.ts';
import { UplinkFindings } from './model/uplink.ts';
import {
  ForwardState,
  Network,
  NetworkCapture,
  NetworkDetails,
  NetworkSettings,
  PortForward,
  PortForwardId,
  ReachAnswer,
  ReachPlace,
} from './model/virtual-network.ts';

export const NetworkRef = z.string().min(1).max(200).describe('Name or id of a network');
const OneNetwork = z.object({ network: NetworkRef });

export const CreateNetworkInput = NetworkSettings.partial().required({ name: true, kind: true });
export type CreateNetworkInput = z.infer<typeof CreateNetworkInput>;

/** A new forward; its network is the one that the machine's adapter is on. */
export const AddForwardInput = z.object({
  machine: MachineRef,
  adapter: z.int().min(0).max(7).default(0),
  ...PortForward.pick({ protocol: true, hostAddress: true, hostPort: true, guestPort: true, description: true }).shape,
  ownerPid: z.int().positive().optional().describe('It is removed when this process of the host has ended'),
});
export type AddForwardInput = z.infer<typeof AddForwardInput>;

/** Where a machine's adapter is on a network. */
export const MachineAddress = z.object({
  adapter: z.int(),
  macAddress: z.string(),
  network: z.string().nullable(),
  networkId: NetworkId.nullable(),
  address: z.string().nullable(),
  /** IPv6 addresses that its guest was heard to use of late, the one that stays first. */
  addresses6: z.array(z.string()),
  name: z.string().nullable(),
});
export type MachineAddress = z.infer<typeof MachineAddress>;

/** The calls about virtual networks, a part of the contract. */
export const network = {
  list: call
    .route({ method: 'GET', path: '/networks', summary: 'All networks', tags: ['network'] })
    .input(Nothing)
    .output(z.array(Network)),
  uplinks: call
    .route({
      method: 'GET',
      path: '/networks/uplinks',
      summary: 'Bridges and TAP devices of this computer that can be uplinks, or why not',
      tags: ['network'],
    })
    .input(Nothing)
    .output(UplinkFindings),
  get: call
    .route({ method: 'GET', path: '/networks/{network}', summary: 'A network as it is now', tags: ['network'] })
    .input(OneNetwork)
    .output(NetworkDetails),
  create: call
    .route({ method: 'POST', path: '/networks', summary: 'Create a network', tags: ['network'], successStatus: 201 })
    .input(CreateNetworkInput)
    .output(Network),
  configure: call
    .route({ method: 'PATCH', path: '/networks/{network}', summary: 'Change a network', tags: ['network'] })
    .input(z.object({ ...OneNetwork.shape, ...NetworkSettings.omit({ kind: true }).partial().shape }))
    .output(Network),
  remove: call
    .route({ method: 'DELETE', path: '/networks/{network}', summary: 'Remove a network', tags: ['network'] })
    .input(OneNetwork)
    .output(z.object({ id: NetworkId })),
  addForward: call
    .route({ method: 'POST', path: '/forwards', summary: 'Lead a port of the host to a machine', tags: ['network'] })
    .input(AddForwardInput)
    .output(z.object({ network: Network, forward: PortForward, state: ForwardState })),
  removeForward: call
    .route({ method: 'DELETE', path: '/forwards/{id}', summary: 'Remove a port forward', tags: ['network'] })
    .input(z.object({ id: PortForwardId }))
    .output(Network),
  startCapture: call
    .route({
      method: 'POST',
      path: '/networks/{network}/capture',
      summary: 'Write the frames of a network or adapter to a pcapng file',
      tags: ['network'],
    })
    .input(
      z.object({
        ...OneNetwork.shape,
        machine: MachineRef.optional().describe('Only this machine'),
        adapter: z.int().min(0).max(7).optional(),
        path: z.string().min(1).max(4096).optional().describe('By default a new file in the data folder'),
        limitBytes: z.int().min(4096).max(1e12).default(1_073_741_824),
      }),
    )
    .output(NetworkCapture),
  stopCapture: call
    .route({
      method: 'POST',
      path: '/networks/{network}/capture/stop',
      summary: 'End a capture, or take note of one that has ended by itself',
      tags: ['network'],
    })
    .input(z.object({ ...OneNetwork.shape, id: z.string() }))
    .output(NetworkCapture),
  addresses: call
    .route({
      method: 'GET',
      path: '/machines/{machine}/addresses',
      summary: 'Addresses and names of a machine',
      tags: ['network'],
    })
    .input(z.object({ machine: MachineRef }))
    .output(z.array(MachineAddress)),
  reach: call
    .route({
      method: 'GET',
      path: '/machines/{machine}/reach',
      summary: 'Whether a machine reaches another, or a place, and which rule decides',
      tags: ['network'],
    })
    .input(
      z.object({
        machine: MachineRef,
        to: z.union([ReachPlace, z.string().min(1).max(200)]).describe('A place, a machine, or an IPv4 address'),
        port: z.coerce.number().int().min(1).max(65_535).optional(),
      }),
    )
    .output(ReachAnswer),
  matrix: call
    .route({
      method: 'GET',
      path: '/networks/isolation',
      summary: 'The isolation report: who reaches whom, and why or why not',
      tags: ['network'],
    })
    .input(Nothing)
    .output(z.object({ ends: z.array(z.string()), answers: z.array(ReachAnswer) })),
};
