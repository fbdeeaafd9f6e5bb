/** Arithmetic on sequence numbers, which are 32 bits and wrap around (RFC 9293, section 3.4). */
export const seqAdd = (sequence: number, bytes: number): number => (sequence + bytes) >>> 0;

/** How far `a` is ahead of `b`: negative when behind. Right for distances below 2 GiB. */
export const seqDistance = (a: number, b: number): number => (a - b) | 0;

export const seqBefore = (a: number, b: number): boolean => seqDistance(a, b) < 0;
