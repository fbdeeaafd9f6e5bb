import { type Framebuffer, type Rectangle, TILE_SIZE } from '../framebuffer.ts';

/**
 * Unchanged tiles between two changed ones of a row that are sent along: fewer rectangles are worth more than the few
 * bytes that they take.
 */
const MAX_GAP_TILES = 4;

/** What one viewer has not been sent yet. */
export class ViewerDamage {
  readonly #framebuffer: Framebuffer;
  #seen = 0;
  #sizeGeneration = -1;
  #pending = new Uint8Array(0);

  constructor(framebuffer: Framebuffer) {
    this.#framebuffer = framebuffer;
  }

  /** Adds an area that the viewer wants, changed or not. */
  add(area: Rectangle): void {
    this.#collect();
    this.#forTiles(area, (start, end) => this.#pending.fill(1, start, end));
  }

  /** Adds everything, as after the viewer changed its pixel format. */
  addAll(): void {
    this.#collect();
    this.#pending.fill(1);
  }

  /** Takes the changed tiles that touch `area`, put together to rectangles that lie inside of the picture. */
  take(area: Rectangle): Rectangle[] {
    this.#collect();
    const spans: Rectangle[] = [];
    const finished: Rectangle[] = [];
    this.#forTiles(area, (start, end, row) => {
      const found = this.#takeRow(start, end, row);
      growOrFinish(spans, found, finished);
    });
    const { width, height } = this.#framebuffer;
    return [...finished, ...spans].map((tiles) => toPixels(tiles, width, height));
  }

  #collect(): void {
    const framebuffer = this.#framebuffer;
    if (this.#sizeGeneration !== framebuffer.sizeGeneration) {
      this.#sizeGeneration = framebuffer.sizeGeneration;
      this.#pending = new Uint8Array(framebuffer.tileColumns * framebuffer.tileRows).fill(1);
    }
    this.#seen = framebuffer.collect(this.#seen, this.#pending);
  }

  /** Calls with the tiles of each row that touch `area`: from `start` up to `end`, which is not among them. */
  #forTiles(area: Rectangle, visit: (start: number, end: number, row: number) => void): void {
    const { tileColumns, tileRows } = this.#framebuffer;
    const left = Math.floor(area.x / TILE_SIZE);
    const right = Math.min(tileColumns, Math.ceil((area.x + area.width) / TILE_SIZE));
    const bottom = Math.min(tileRows, Math.ceil((area.y + area.height) / TILE_SIZE));
    if (left >= right) return;
    for (let row = Math.floor(area.y / TILE_SIZE); row < bottom; row += 1) {
      visit(row * tileColumns + left, row * tileColumns + right, row);
    }
  }

  /** Changed tiles of one row as spans one tile high, in units of tiles; they count as sent from now on. */
  #takeRow(start: number, end: number, row: number): Rectangle[] {
    const spans: Rectangle[] = [];
    const rowStart = row * this.#framebuffer.tileColumns;
    let open: Rectangle | undefined;
    for (let tile = this.#pending.indexOf(1, start); tile !== -1 && tile < end; tile = this.#pending.indexOf(1, tile)) {
      this.#pending[tile] = 0;
      const x = tile - rowStart;
      if (open && x - (open.x + open.width) <= MAX_GAP_TILES) {
        open.width = x + 1 - open.x;
      } else {
        open = { x, y: row, width: 1, height: 1 };
        spans.push(open);
      }
    }
    return spans;
  }
}

/** Makes open rectangles one tile higher where the row below has the same span; the others are finished. */
function growOrFinish(open: Rectangle[], found: Rectangle[], finished: Rectangle[]): void {
  const next = found.map((span) => {
    const above = open.findIndex(
      ({ x, width, y, height }) => x === span.x && width === span.width && y + height === span.y,
    );
    const [grown] = above === -1 ? [] : open.splice(above, 1);
    return grown ? { ...grown, height: grown.height + 1 } : span;
  });
  finished.push(...open.splice(0));
  open.push(...next);
}

function toPixels({ x, y, width, height }: Rectangle, pictureWidth: number, pictureHeight: number): Rectangle {
  const [left, top] = [x * TILE_SIZE, y * TILE_SIZE];
  return {
    x: left,
    y: top,
    width: Math.min(width * TILE_SIZE, pictureWidth - left),
    height: Math.min(height * TILE_SIZE, pictureHeight - top),
  };
}
