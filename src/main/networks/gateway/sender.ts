import type { FrameSource } from '../switch/port.ts';
import type { Mac } from './packets/addresses.ts';

/** Which adapter sent the frame at hand. */
export interface Sender {
  source: FrameSource;
  /** The frame's source address: answers go there. */
  mac: Mac;
}
