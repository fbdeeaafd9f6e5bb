import { SECTOR } from '../../image-file.ts';

export interface Geometry {
  cylinders: number;
  heads: number;
  sectorsPerTrack: number;
}

/** 65535 cylinders, 16 heads, 255 sectors: larger disks have this geometry, and their size stands elsewhere. */
const MAX_SECTORS = 65535 * 16 * 255;

const sectorsOf = ({ cylinders, heads, sectorsPerTrack }: Geometry) => cylinders * heads * sectorsPerTrack;

/** Virtual Hard Disk Image Format Specification, appendix "CHS Calculation". The geometry may hold less than `sectors`. */
export function geometryOf(sectors: number): Geometry {
  const total = Math.min(sectors, MAX_SECTORS);
  const withTracks = (sectorsPerTrack: number, heads: number): Geometry => ({
    sectorsPerTrack,
    heads,
    cylinders: Math.floor(Math.floor(total / sectorsPerTrack) / heads),
  });
  if (total >= 65535 * 16 * 63) return withTracks(255, 16);
  const tracks = Math.floor(total / 17);
  const heads = Math.max(4, Math.ceil(tracks / 1024));
  if (tracks < heads * 1024 && heads <= 16) return withTracks(17, heads);
  return Math.floor(total / 31) < 16 * 1024 ? withTracks(31, 16) : withTracks(63, 16);
}

/**
 * The size of a new disk: some programs believe the geometry, others the size in the footer, so both must say the same. Up
 * to 127.5 GiB the size is therefore rounded up to the next one that a geometry can express, by less than 2 MiB.
 * @param sizeBytes a multiple of 512. @returns bytes; at least `sizeBytes`.
 */
export function vhdSizeFor(sizeBytes: number): number {
  const wanted = sizeBytes / SECTOR;
  if (wanted > MAX_SECTORS) return sizeBytes;
  for (let sectors = wanted; ; sectors += 1) {
    const held = sectorsOf(geometryOf(sectors));
    if (held >= wanted) return held * SECTOR;
  }
}
