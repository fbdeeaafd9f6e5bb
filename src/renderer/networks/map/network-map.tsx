import { VisuallyHidden } from '@mantine/core';
import { IconDeviceDesktop, IconNetwork, IconWorld } from '@tabler/icons-react';
import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import type { MachineId } from '../../../shared/model/machine.ts';
import type { NetworkId } from '../../../shared/model/network.ts';
import { interfaceOf } from '../../../shared/model/uplink.ts';
import type { NetworkPort } from '../../../shared/model/virtual-network.ts';
import { PLACE_NAMES } from '../../../shared/network-names.ts';
import { StateIcon, stateColor, stateWords } from '../../components/state-look.tsx';
import { ADAPTER_MODE_LABELS } from '../../machine-details/config-words.ts';
import { useMachines, useNetworks } from '../../store.ts';
import { selectMachine } from '../../view.ts';
import { portKey, portsOf } from '../traffic.ts';
import { MapDrawing } from './map-drawing.tsx';
import { mapLayout } from './map-layout.ts';
import type { Card, Place, Tile } from './map-shapes.ts';
import { MapTable } from './map-table.tsx';
import classes from './network-map.module.css';
import { useNetworksNow } from './use-networks-now.ts';
import { useWidth } from './use-width.ts';

interface NetworkMapProps {
  onNetwork(id: NetworkId): void;
}

/** Machines, their networks and what is beyond, with what goes over each cable now. */
export function NetworkMap({ onNetwork }: NetworkMapProps) {
  const machines = useMachines();
  const networks = useNetworks();
  const { details, traffic } = useNetworksNow();
  const { ref, width } = useWidth<HTMLDivElement>();
  const layout = useMemo(() => mapLayout(machines.values(), networks.values(), width), [machines, networks, width]);
  const isEmpty = layout.tiles.length === 0 && layout.cards.length === 0;
  const ports = useMemo(() => portsOf(details), [details]);
  const { stop, onKeyDown, onFocus } = useOneStop();
  const running = new Map(details.map((each) => [each.network.id, each]));
  return (
    <div className={classes.scroll} ref={ref}>
      {isEmpty && <p className={classes.empty}>There is no machine yet, and no network of your own.</p>}
      {width > 0 && !isEmpty && (
        // biome-ignore lint/a11y/useSemanticElements: no fieldset, for nothing is filled in here
        <div
          role="group"
          aria-label="Network map"
          className={classes.map}
          style={{ width: layout.width, height: layout.height }}
          onKeyDown={onKeyDown}
          onFocus={onFocus}
        >
          <MapDrawing layout={layout} traffic={traffic} />
          {layout.tiles.map((tile, index) => (
            <MachineNode
              key={tile.machine.id}
              tile={tile}
              isDense={layout.isDense}
              port={firstPort(tile.machine.id, ports)}
              isStop={stop === null ? index === 0 : stop === tile.machine.id}
            />
          ))}
          {layout.cards.map((card) => (
            <NetworkNode
              key={card.network.id}
              card={card}
              isRunning={running.get(card.network.id)?.isRunning ?? false}
              isStop={stop === card.network.id}
              onOpen={() => onNetwork(card.network.id)}
            />
          ))}
          {layout.places.map((place) => (
            <PlaceNode key={place.place} place={place} />
          ))}
        </div>
      )}
      <VisuallyHidden>
        <MapTable ports={ports} traffic={traffic} />
      </VisuallyHidden>
    </div>
  );
}

function firstPort(id: MachineId, ports: ReadonlyMap<string, NetworkPort>): NetworkPort | undefined {
  for (let adapter = 0; adapter < 8; adapter += 1) {
    const port = ports.get(portKey({ machineId: id, adapter }));
    if (port?.address != null) return port;
  }
  return undefined;
}

/** One stop of the Tab key for the whole map; within it the arrow keys go from node to node (WAI-ARIA, roving tabindex). */
function useOneStop() {
  const [stop, setStop] = useState<string | null>(null);
  const before = useRef<string | null>(null);
  const onFocus = (event: { target: Element }) => {
    const id = event.target.getAttribute('data-node');
    if (id === null || id === before.current) return;
    before.current = id;
    setStop(id);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const nodes = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-node]')];
    const at = nodes.findIndex((node) => node.isSameNode(document.activeElement));
    const steps: Record<string, number | undefined> = {
      ArrowDown: at + 1,
      ArrowRight: at + 1,
      ArrowUp: at - 1,
      ArrowLeft: at - 1,
      Home: 0,
      End: nodes.length - 1,
    };
    const next = nodes[steps[event.key] ?? -1];
    if (next === undefined) return;
    next.focus();
    event.preventDefault();
  };
  return { stop, onKeyDown, onFocus };
}

interface MachineNodeProps {
  tile: Tile;
  isDense: boolean;
  port: NetworkPort | undefined;
  isStop: boolean;
}

function MachineNode({ tile: { machine, x, y, width, height }, isDense, port, isStop }: MachineNodeProps) {
  const { name } = machine.config;
  const where = port?.address ?? stateWords(machine);
  return (
    <button
      type="button"
      className={classes.machine}
      data-node={machine.id}
      tabIndex={isStop ? 0 : -1}
      aria-label={`${name}, ${stateWords(machine)}${port?.address == null ? '' : `, ${port.address}`}`}
      title={`${name} · ${where}`}
      style={{ left: x, top: y, width, height, ['--state' as string]: stateColor(machine.state) }}
      onClick={() => selectMachine(machine.id)}
    >
      <StateIcon state={machine.state} />
      <span>
        <b>{name}</b>
        {!isDense && <small>{where}</small>}
      </span>
    </button>
  );
}

interface NetworkNodeProps {
  card: Card;
  isRunning: boolean;
  isStop: boolean;
  onOpen(): void;
}

function NetworkNode({ card: { network, x, y, width, height }, isRunning, isStop, onOpen }: NetworkNodeProps) {
  const { id, name, kind, subnet, uplink } = network;
  const range = subnet ?? (kind === 'bridged' ? [] : 'no addresses');
  const words = [ADAPTER_MODE_LABELS[kind], range, uplink ? interfaceOf(uplink) : []].flat().join(' · ');
  return (
    <button
      type="button"
      className={classes.network}
      data-node={id}
      data-running={isRunning || undefined}
      tabIndex={isStop ? 0 : -1}
      aria-label={`Network ${name}, ${words}, ${isRunning ? 'running' : 'at rest'}`}
      style={{ left: x, top: y, width, height }}
      onClick={onOpen}
    >
      <IconNetwork size={16} stroke={1.7} aria-hidden />
      <span>
        <b>{name}</b>
        <small>{words}</small>
      </span>
    </button>
  );
}

function PlaceNode({ place: { place, x, y, width, height } }: { place: Place }) {
  const Glyph = place === 'host' ? IconDeviceDesktop : IconWorld;
  return (
    <div className={classes.place} style={{ left: x, top: y, width, height }}>
      <Glyph size={16} stroke={1.7} aria-hidden />
      <span>
        <b>{PLACE_NAMES[place]}</b>
        <small>{place === 'host' ? 'by ports and interfaces' : 'and local network'}</small>
      </span>
    </div>
  );
}
