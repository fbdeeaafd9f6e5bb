import type { Machine } from '../../../shared/model/machine.ts';
import type { Network } from '../../../shared/model/virtual-network.ts';

/** Between two columns of machines, in pixels: room for the cables of those behind. */
export const COLUMN_GAP = 26;

/** Where a machine is drawn, in pixels from the left upper corner. Column 0 is the nearest to the network. */
export interface Tile {
  machine: Machine;
  x: number;
  y: number;
  width: number;
  height: number;
  column: number;
}

/** Where a network is drawn: its card, and the bar that the cables of its machines end at. */
export interface Card {
  network: Network;
  x: number;
  y: number;
  width: number;
  height: number;
  busX: number;
  busTop: number;
  busBottom: number;
}

/** What is beyond the networks. */
export interface Place {
  place: 'host' | 'internet';
  x: number;
  y: number;
  width: number;
  height: number;
}
