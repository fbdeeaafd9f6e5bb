/** Numbers from 0 to below 1 that look random; the same seed gives the same numbers (xorshift32; Marsaglia 2003). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0 || 0x9e37_79b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
