import type { Machine, MachineId } from '../../../shared/model/machine.ts';
import type { NetworkId } from '../../../shared/model/network.ts';
import type { Network } from '../../../shared/model/virtual-network.ts';
import { type Attachment, attachments } from '../attachments.ts';
import { type Card, COLUMN_GAP, type Place, type Tile } from './map-shapes.ts';
import { type Link, linkTo, type Wire, wireOf } from './map-wires.ts';

export interface MapLayout {
  width: number;
  height: number;
  /** Many machines: their tiles show the name alone. */
  isDense: boolean;
  tiles: readonly Tile[];
  cards: readonly Card[];
  places: readonly Place[];
  wires: readonly Wire[];
  links: readonly Link[];
}

const EDGE = 20;
const TILE_WIDTH = 164;
const ROW_GAP = 16;
const BAND_GAP = 26;
const LANE = 64;
const BUS_GAP = 16;
const CARD = { width: 200, height: 56 };
const PLACE = { width: 150, height: 52 };
const PLACE_GAP = 72;
const MANY_MACHINES = 24;
const MOST_ROWS_OF_ONE_COLUMN = 5;

/** The machines whose first network this is; null: those that are on none. */
interface Band {
  network: Network | null;
  machines: Machine[];
  columns: number;
}

/**
 * Lays machines, networks and what is beyond out from left to right, each network with its machines in a band of its own,
 * so that cables seldom cross.
 * @param availablePx width that there is; with less than the drawing needs, it is wider
 */
export function mapLayout(machines: Iterable<Machine>, networks: Iterable<Network>, availablePx: number): MapLayout {
  const allMachines = [...machines];
  const allNetworks = [...networks];
  const all = attachments(allMachines, allNetworks);
  const bands = bandsOf(allMachines, allNetworks, all);
  const isDense = allMachines.length > MANY_MACHINES;
  const fixed = 2 * EDGE + LANE + BUS_GAP + CARD.width + PLACE_GAP + PLACE.width;
  const most = Math.max(1, Math.min(5, Math.floor((availablePx - fixed) / (TILE_WIDTH + COLUMN_GAP))));
  for (const band of bands) {
    band.columns = Math.min(most, Math.max(1, Math.ceil(band.machines.length / MOST_ROWS_OF_ONE_COLUMN)));
  }
  const columns = Math.max(1, ...bands.map((band) => band.columns));
  const natural = fixed + columns * (TILE_WIDTH + COLUMN_GAP) - COLUMN_GAP;
  const spare = Math.max(0, availablePx - natural);
  const stretch = Math.min(90, spare / 4);
  const left = EDGE + (spare - 2 * stretch) / 2;
  const edges: Edges = {
    tilesRight: left + columns * (TILE_WIDTH + COLUMN_GAP) - COLUMN_GAP,
    cardX: left + columns * (TILE_WIDTH + COLUMN_GAP) - COLUMN_GAP + LANE + stretch + BUS_GAP,
    tileHeight: isDense ? 28 : 44,
  };
  const { tiles, cards, height } = placeBands(bands, edges);
  const placeX = edges.cardX + CARD.width + PLACE_GAP + stretch;
  const places = placesOf(cards, placeX, height);
  return {
    width: Math.max(availablePx, natural),
    height: Math.max(height, ...places.map(({ y }) => y + PLACE.height + EDGE)),
    isDense,
    tiles,
    cards,
    places,
    wires: wiresOf(all, tiles, cards),
    links: cards.flatMap((card) => linksOf(card, places)),
  };
}

interface Edges {
  tilesRight: number;
  cardX: number;
  tileHeight: number;
}

/** Built-in networks that nobody is on are left out. */
function bandsOf(machines: Machine[], networks: Network[], all: readonly Attachment[]): Band[] {
  const home = new Map<MachineId, Network>();
  for (const { machine, network } of all) {
    if (network !== undefined && !home.has(machine.id)) home.set(machine.id, network);
  }
  const used = new Set(all.flatMap(({ network }) => network?.id ?? []));
  const at = (network: Network | null): Band => ({
    network,
    machines: machines.filter(({ id }) => (home.get(id)?.id ?? null) === (network?.id ?? null)),
    columns: 1,
  });
  const bands = networks.filter(({ id, isBuiltIn }) => !isBuiltIn || used.has(id)).map(at);
  const alone = at(null);
  return alone.machines.length === 0 ? bands : [...bands, alone];
}

function placeBands(bands: readonly Band[], edges: Edges): { tiles: Tile[]; cards: Card[]; height: number } {
  const tiles: Tile[] = [];
  const cards: Card[] = [];
  const pitch = edges.tileHeight + ROW_GAP;
  let top = EDGE;
  for (const { network, machines, columns } of bands) {
    const rows = Math.ceil(machines.length / columns);
    const tilesHeight = Math.max(0, rows * pitch - ROW_GAP);
    const height = Math.max(tilesHeight, network === null ? 0 : CARD.height);
    const tilesTop = top + (height - tilesHeight) / 2;
    for (const [index, machine] of machines.entries()) {
      const column = columns - 1 - (index % columns);
      const x = edges.tilesRight - TILE_WIDTH - column * (TILE_WIDTH + COLUMN_GAP);
      const y = tilesTop + Math.floor(index / columns) * pitch;
      tiles.push({ machine, x, y, width: TILE_WIDTH, height: edges.tileHeight, column });
    }
    if (network !== null) {
      const y = top + (height - CARD.height) / 2;
      const bus = {
        busX: edges.cardX - BUS_GAP,
        busTop: top + 4,
        busBottom: top + height + (columns > 1 ? ROW_GAP - 6 : -4),
      };
      cards.push({ network, x: edges.cardX, y, ...CARD, ...bus });
    }
    top += height + BAND_GAP + (columns > 1 ? ROW_GAP : 0);
  }
  return { tiles, cards, height: top - BAND_GAP + EDGE };
}

/** Whether the machines of a network get beyond this computer. */
function hasOutside({ kind }: Network): boolean {
  return kind === 'nat' || kind === 'natNetwork' || kind === 'bridged';
}

/** Whether this computer reaches the machines of a network, by port forwards or an uplink. */
function isForwarded({ kind, forwards }: Network): boolean {
  return kind === 'hostOnly' || kind === 'bridged' || forwards.length > 0;
}

/** Internet above this computer, each at the height of the networks that lead to it. */
function placesOf(cards: readonly Card[], x: number, height: number): Place[] {
  const middle = (of: readonly Card[]) => of.reduce((sum, card) => sum + card.y + card.height / 2, 0) / of.length;
  const outside = cards.filter(({ network }) => hasOutside(network));
  const forwarded = cards.filter(({ network }) => isForwarded(network));
  const places: Place[] = [];
  if (outside.length > 0) places.push({ place: 'internet', x, y: middle(outside) - PLACE.height / 2, ...PLACE });
  if (forwarded.length > 0) places.push({ place: 'host', x, y: middle(forwarded) - PLACE.height / 2, ...PLACE });
  const [first, second] = places;
  if (first && second && Math.abs(first.y - second.y) < PLACE.height + ROW_GAP) {
    const centre = (first.y + second.y) / 2;
    const apart = (PLACE.height + ROW_GAP) / 2;
    const isRoom = centre - apart >= EDGE && centre + apart + PLACE.height <= height;
    first.y = isRoom ? centre - apart : EDGE;
    second.y = first.y + 2 * apart;
  }
  return places;
}

function wiresOf(all: readonly Attachment[], tiles: readonly Tile[], cards: readonly Card[]): Wire[] {
  const tileOf = new Map(tiles.map((tile) => [tile.machine.id, tile]));
  const cardOf = new Map<NetworkId, Card>(cards.map((card) => [card.network.id, card]));
  const drawn = new Map<MachineId, number>();
  return all.flatMap((attachment) => {
    const tile = tileOf.get(attachment.machine.id);
    const card = attachment.network && cardOf.get(attachment.network.id);
    if (tile === undefined || card === undefined) return [];
    const order = drawn.get(tile.machine.id) ?? 0;
    drawn.set(tile.machine.id, order + 1);
    return [wireOf(attachment, tile, card, order)];
  });
}

function linksOf(card: Card, places: readonly Place[]): Link[] {
  return places.flatMap((place) => {
    const leads = place.place === 'internet' ? hasOutside(card.network) : isForwarded(card.network);
    return leads ? [linkTo(card, place)] : [];
  });
}
