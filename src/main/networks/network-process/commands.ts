import * as z from 'zod';
import { InnError, toErrorReport } from '../../../shared/errors.ts';
import { QmpError } from '../../engines/qmp/protocol.ts';
import type { QmpCommand } from '../../engines/qmp/server.ts';
import { PortChange, PortSettings } from '../switch/port-settings.ts';
import type { Captures } from './captures.ts';
import { type FrameFate, FrameProbeRequest } from './frame-probe.ts';
import type { Gateway } from './gateway-slot.ts';
import type { NetworkPorts } from './network-ports.ts';
import { type ProbeAnswer, ProbeRequest } from './probe.ts';
import type { NetworkProcessSpec } from './process-spec.ts';
import type { NetworkUplink } from './uplink.ts';

export interface CommandParts {
  spec: NetworkProcessSpec;
  ports: NetworkPorts;
  captures: Captures;
  probe: (request: ProbeRequest) => Promise<ProbeAnswer>;
  probeFrames: (request: FrameProbeRequest) => Promise<{ fates: FrameFate[] }>;
  gateway: Gateway | undefined;
  uplink: NetworkUplink | undefined;
  quit: () => void;
}

const Id = z.string().min(1).max(200);
const AddPort = z.strictObject({ id: Id, path: z.string().min(1), settings: PortSettings });
const ChangePort = z.strictObject({ id: Id, change: PortChange });
const OnePort = z.strictObject({ id: Id });
const StartCapture = z.strictObject({
  id: Id,
  portId: Id.nullable(),
  path: z.string().startsWith('/'),
  limitBytes: z.int().min(4096),
});

/**
 * What the core may ask of a network process, in QMP's form. A refusal's text is the JSON of an `ErrorReport`.
 *
 * | command | does |
 * |---|---|
 * | `query-network` | what the process was started with |
 * | `add-port`, `change-port`, `remove-port` | as `NetworkPorts` |
 * | `query-ports` | every port: settings, whether its machine is there, counters |
 * | `probe-port` | as `probeFrom` |
 * | `probe-frames` | as `probeFrames` |
 * | `query-uplink` | as `NetworkUplink.state`; nothing where there is none |
 * | `query-table` | which address is behind which port |
 * | `start-capture`, `stop-capture`, `query-captures` | as `Captures` |
 * | `quit` | ends the process |
 * | `gateway-…` | the gateway's own |
 */
export function networkCommands({
  spec,
  ports,
  captures,
  probe,
  probeFrames,
  gateway,
  uplink,
  quit,
}: CommandParts): Record<string, QmpCommand> {
  const commands: Record<string, QmpCommand> = {
    'query-network': () => spec,
    'add-port': taking(AddPort, (port) => ports.add(port)),
    'change-port': taking(ChangePort, ({ id, change }) => {
      ports.change(id, change);
      if (change.isCableConnected === false) gateway?.forgetPort(id);
    }),
    'remove-port': taking(OnePort, ({ id }) => {
      gateway?.forgetPort(id);
      return ports.remove(id);
    }),
    'probe-port': taking(ProbeRequest, (request) => probe(request)),
    'probe-frames': taking(FrameProbeRequest, (request) => probeFrames(request)),
    'query-ports': () => ports.list(),
    'query-uplink': () => uplink?.state(),
    'query-table': () => ports.table(),
    'start-capture': taking(StartCapture, ({ id, ...options }) => captures.start(id, options)),
    'stop-capture': taking(OnePort, ({ id }) => captures.stop(id)),
    'query-captures': () => captures.list(),
    quit: () => void setImmediate(quit),
    ...gateway?.commands,
  };
  return Object.fromEntries(Object.entries(commands).map(([name, command]) => [name, reporting(command)]));
}

function taking<T>(schema: z.ZodType<T>, act: (input: T) => unknown): QmpCommand {
  return (args) => {
    const input = schema.safeParse(args);
    if (!input.success) throw new InnError('INVALID_INPUT', z.prettifyError(input.error));
    return act(input.data);
  };
}

function reporting(command: QmpCommand): QmpCommand {
  const refuse = (error: unknown): never => {
    throw new QmpError('GenericError', JSON.stringify(toErrorReport(error)));
  };
  return (args) => {
    try {
      const value = command(args);
      return value instanceof Promise ? value.catch(refuse) : value;
    } catch (error) {
      return refuse(error);
    }
  };
}
