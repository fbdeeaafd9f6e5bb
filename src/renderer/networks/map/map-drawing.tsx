import { isOnline } from '../../../shared/machine-state.ts';
import { formatBytes } from '../../../shared/units.ts';
import { lineWidth, type Traffic } from '../traffic.ts';
import type { MapLayout } from './map-layout.ts';
import type { Wire } from './map-wires.ts';
import classes from './network-map.module.css';

interface MapDrawingProps {
  layout: MapLayout;
  traffic: ReadonlyMap<string, Traffic>;
}

/** The lines of the map. Decorative: the table beside it says the same in words. */
export function MapDrawing({ layout, traffic }: MapDrawingProps) {
  return (
    <svg className={classes.lines} width={layout.width} height={layout.height} aria-hidden="true">
      {layout.links.map(({ key, place, path }) => (
        <path key={key} d={path} className={classes.link} data-place={place} />
      ))}
      {layout.cards.map(({ network, busX, busTop, busBottom, x, y, height }) => (
        <g key={network.id} className={classes.bus}>
          <path d={`M${busX} ${busTop}V${busBottom}`} />
          <path d={`M${busX} ${y + height / 2}H${x}`} />
        </g>
      ))}
      {layout.wires.map((wire) => (
        <Cable key={wire.key} wire={wire} traffic={traffic.get(wire.key)} isDense={layout.isDense} />
      ))}
    </svg>
  );
}

function Cable({ wire, traffic, isDense }: { wire: Wire; traffic: Traffic | undefined; isDense: boolean }) {
  const { attachment, path, markX, markY } = wire;
  const { machine, adapter } = attachment;
  const isPulled = !adapter.isCableConnected;
  const bytes = traffic === undefined ? 0 : traffic.inBytesPerSecond + traffic.outBytesPerSecond;
  const look = isPulled ? 'pulled' : !isOnline(machine.state) ? 'off' : bytes >= 1 ? 'busy' : 'idle';
  return (
    <g className={classes.cable} data-look={look}>
      <path d={path} strokeWidth={traffic === undefined ? 1.25 : lineWidth(traffic)} />
      {isPulled && <path d={`M${markX - 4} ${markY - 4}l8 8m0 -8l-8 8`} className={classes.cross} />}
      {look === 'busy' && !isDense && (
        <text x={markX} y={markY - 5} textAnchor="middle">
          {formatBytes(bytes)}/s
        </text>
      )}
    </g>
  );
}
