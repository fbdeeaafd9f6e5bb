import { decode } from 'fast-png';

/** What a test wants to know of a screenshot. */
export interface PngFacts {
  width: number;
  height: number;
  /** Pixels that are not black. */
  litPixels: number;
}

export function readPng(bytes: Uint8Array): PngFacts {
  const { width, height, data, channels } = decode(bytes);
  let litPixels = 0;
  for (let at = 0; at < data.length; at += channels) {
    if ((data[at] ?? 0) + (data[at + 1] ?? 0) + (data[at + 2] ?? 0) > 0) litPixels += 1;
  }
  return { width, height, litPixels };
}
