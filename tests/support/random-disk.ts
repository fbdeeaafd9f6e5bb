/** Numbers from 0 to 1 that are the same for the same seed (mulberry32, public domain). */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Contents as a used disk has them: stretches that pack well, stretches that do not, and holes between. */
export function randomContents(sizeBytes: number, seed: number): Buffer {
  const random = randomNumbers(seed);
  const contents = Buffer.alloc(sizeBytes);
  for (let piece = 0; piece < 24; piece += 1) {
    const start = Math.floor(random() * sizeBytes);
    const end = Math.min(sizeBytes, start + Math.floor(random() * 400_000));
    const isNoise = random() < 0.5;
    for (let at = start; at < end; at += 1) contents[at] = isNoise ? random() * 256 : at >> 6;
  }
  return contents;
}
