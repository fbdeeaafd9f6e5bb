/** Bytes that are not acknowledged yet, in the pieces in which they came; nothing is copied on the usual way. */
export class SendBuffer {
  #pieces: Uint8Array[] = [];
  /** Bytes of the first piece that are acknowledged already. */
  #skippedBytes = 0;
  #byteLength = 0;
  /** Where the latest piece that was asked for begins: the next question is nearly always about the same or the next. */
  #cursor = { index: 0, start: 0 };

  get byteLength(): number {
    return this.#byteLength;
  }

  /** Takes bytes over: the caller changes them no more. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#byteLength += bytes.length;
  }

  /** Forgets the first bytes; `count` is at most `byteLength`. */
  drop(count: number): void {
    this.#byteLength -= count;
    let skipped = this.#skippedBytes + count;
    let whole = 0;
    for (let piece = this.#pieces[whole]; piece && skipped >= piece.length; piece = this.#pieces[whole]) {
      skipped -= piece.length;
      whole += 1;
    }
    if (whole > 0) this.#pieces.splice(0, whole);
    this.#skippedBytes = skipped;
    this.#cursor = { index: 0, start: -skipped };
  }

  clear(): void {
    this.drop(this.#byteLength);
  }

  /** A view of `length` bytes from `offset` on; a copy where they lie in several pieces. */
  peek(offset: number, length: number): Uint8Array {
    this.#seek(offset);
    const { index, start } = this.#cursor;
    const from = offset - start;
    const piece = this.#pieces[index];
    if (piece && from + length <= piece.length) return piece.subarray(from, from + length);
    return this.#gather(index, from, length);
  }

  #seek(offset: number): void {
    let { index, start } = offset < this.#cursor.start ? { index: 0, start: -this.#skippedBytes } : this.#cursor;
    for (let piece = this.#pieces[index]; piece && offset >= start + piece.length; piece = this.#pieces[index]) {
      start += piece.length;
      index += 1;
    }
    this.#cursor = { index, start };
  }

  #gather(firstIndex: number, firstOffset: number, length: number): Uint8Array {
    const result = new Uint8Array(length);
    let filled = 0;
    for (let index = firstIndex; filled < length; index += 1) {
      const piece = this.#pieces[index];
      if (!piece) return result.subarray(0, filled);
      const from = index === firstIndex ? firstOffset : 0;
      const part = piece.subarray(from, from + length - filled);
      result.set(part, filled);
      filled += part.length;
    }
    return result;
  }
}
