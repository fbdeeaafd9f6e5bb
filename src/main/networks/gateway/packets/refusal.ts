/**
 * Why bytes are not the packet that they claim to be. Parsers return this instead of throwing: a guest may send anything,
 * and an exception per hostile frame would cost more than the frame.
 */
export type Malformed = 'tooShort' | 'badHeader' | 'badLength' | 'badChecksum';

/** Whether a parser refused: packets are objects, refusals are words. */
export const isMalformed = (parsed: object | Malformed): parsed is Malformed => typeof parsed === 'string';
