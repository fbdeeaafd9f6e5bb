import type { Attachment } from '../attachments.ts';
import { portKey } from '../traffic.ts';
import { type Card, COLUMN_GAP, type Place, type Tile } from './map-shapes.ts';

/** A machine's cable to a network, as an SVG path. */
export interface Wire {
  /** As in `portKey`. */
  key: string;
  attachment: Attachment;
  path: string;
  /** Where a mark or a number on it stands: a little before the network. */
  markX: number;
  markY: number;
}

/** A network's way to what is beyond. */
export interface Link {
  key: string;
  place: Place['place'];
  path: string;
}

const BEND = 6;
const MARK_BEFORE_BUS = 30;

/**
 * The first cable of a machine goes straight to its network, from the columns behind through the gap below the row. Others
 * leave a little lower and swing to theirs.
 * @param order how many cables of the machine are drawn already
 */
export function wireOf(attachment: Attachment, tile: Tile, card: Card, order: number): Wire {
  const key = portKey({ machineId: attachment.machine.id, adapter: attachment.index });
  const startX = tile.x + tile.width;
  const startY = tile.y + tile.height / 2 + Math.min(order, 2) * 8;
  const gapY = tile.y + tile.height + 3 + (tile.column - 1) * 3 + Math.min(order, 2);
  const isBehind = tile.column > 0;
  const laneX = isBehind ? startX + tile.column * (tile.width + COLUMN_GAP) : startX;
  const laneY = isBehind ? gapY : startY;
  const toLane = isBehind ? bendDown(startX, startY, gapY, laneX) : `M${startX} ${startY}`;
  const targetY = Math.min(card.busBottom, Math.max(card.busTop, laneY));
  if (Math.abs(targetY - laneY) < 14 && order === 0) {
    return { key, attachment, path: `${toLane}H${card.busX}`, markX: card.busX - MARK_BEFORE_BUS, markY: laneY };
  }
  const reach = Math.max(24, (card.busX - laneX) * 0.55);
  const swing = `C${laneX + reach} ${laneY} ${card.busX - reach} ${targetY} ${card.busX} ${targetY}`;
  const markX = (laneX + card.busX) / 2;
  return { key, attachment, path: `${toLane}${swing}`, markX, markY: (laneY + targetY) / 2 };
}

function bendDown(x: number, y: number, gapY: number, toX: number): string {
  return `M${x} ${y}h3q${BEND} 0 ${BEND} ${BEND}V${gapY - BEND}q0 ${BEND} ${BEND} ${BEND}H${toX}`;
}

/** From the right edge of the network to the left edge of the place. */
export function linkTo(card: Card, place: Place): Link {
  const fromX = card.x + card.width;
  const fromY = card.y + card.height / 2;
  const toY = place.y + place.height / 2;
  const middle = (fromX + place.x) / 2;
  const path = `M${fromX} ${fromY}C${middle} ${fromY} ${middle} ${toY} ${place.x} ${toY}`;
  return { key: `${card.network.id}/${place.place}`, place: place.place, path };
}
