import { damagedImage } from '../image-format.ts';

/**
 * Which clusters of the file hold tables. A hostile or damaged image may call one of them free, or name it as a guest's data;
 * writing there would put the guest in charge of the tables.
 */
export class MetadataMap {
  readonly #path: string;
  readonly #clusterSize: number;
  readonly #clusters = new Set<number>();
  readonly #ranges: { first: number; end: number }[] = [];

  constructor(path: string, clusterSize: number) {
    this.#path = path;
    this.#clusterSize = clusterSize;
  }

  /** A table of one cluster. @throws InnError `IMAGE_INVALID` when a table lies there already. */
  add(offset: number): void {
    if (this.#holds(offset / this.#clusterSize)) throw damagedImage(this.#path, 'two of its tables overlap');
    this.#clusters.add(offset / this.#clusterSize);
  }

  /** A table of several clusters. @throws InnError as `add` */
  addRange(offset: number, bytes: number): void {
    if (bytes === 0) return;
    const first = offset / this.#clusterSize;
    const end = first + Math.ceil(bytes / this.#clusterSize);
    for (let cluster = first; cluster < end; cluster++) {
      if (this.#holds(cluster)) throw damagedImage(this.#path, 'two of its tables overlap');
    }
    this.#ranges.push({ first, end });
  }

  /** The table that begins there is none any more. */
  remove(offset: number): void {
    const first = offset / this.#clusterSize;
    this.#clusters.delete(first);
    const index = this.#ranges.findIndex((range) => range.first === first);
    if (index >= 0) this.#ranges.splice(index, 1);
  }

  /** @throws InnError `IMAGE_INVALID` when one of the clusters holds a table. */
  assertData(offset: number, bytes: number): void {
    const end = Math.ceil((offset + bytes) / this.#clusterSize);
    for (let cluster = Math.floor(offset / this.#clusterSize); cluster < end; cluster++) {
      if (this.#holds(cluster)) {
        throw damagedImage(this.#path, `its cluster ${cluster} is in use twice, as a table and otherwise`, REPAIR_HINT);
      }
    }
  }

  #holds(cluster: number): boolean {
    return this.#clusters.has(cluster) || this.#ranges.some(({ first, end }) => cluster >= first && cluster < end);
  }
}

export const REPAIR_HINT = 'Check and repair the image, or restore it from a backup.';
