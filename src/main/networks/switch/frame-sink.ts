/** Takes the frame from `start` up to `end`; its length stands in the 4 bytes before (see framing.ts). Bytes are lent. */
export type TakeFrame = (bytes: Buffer, start: number, end: number) => void;

/** Where frames for a machine go out. */
export interface FrameSink {
  /**
   * Takes a frame, or returns false when there is no room: for anybody, or for more of this sender. The bytes may not
   * change before the next `flush`.
   * @param sender who caused it, for a fair share of the room
   */
  push(bytes: Buffer, start: number, end: number, sender: object): boolean;
  /** Sends what was taken. */
  flush(): void;
}
