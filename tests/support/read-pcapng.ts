/** What a capture holds: its interfaces in order, and each frame with the interface that saw it. */
export interface ReadCapture {
  interfaces: string[];
  frames: { port: string; direction: 'in' | 'out'; frame: Buffer }[];
}

const [SECTION, INTERFACE, PACKET] = [0x0a0d0d0a, 1, 6];
const [NAME, FLAGS] = [2, 2];

/** Reads a whole pcapng file of one little-endian section (draft-ietf-opsawg-pcapng). @throws where a block is not as it should be */
export function readPcapng(file: Buffer): ReadCapture {
  const capture: ReadCapture = { interfaces: [], frames: [] };
  if (file.readUInt32LE(0) !== SECTION || file.readUInt32LE(8) !== 0x1a2b3c4d) throw new Error('It is no pcapng file.');
  for (let at = 0; at < file.length; ) {
    const [type, length] = [file.readUInt32LE(at), file.readUInt32LE(at + 4)];
    if (length % 4 !== 0 || length < 12 || file.readUInt32LE(at + length - 4) !== length) {
      throw new Error(`The block at ${at} does not say its length at both ends.`);
    }
    const body = file.subarray(at + 8, at + length - 4);
    if (type === INTERFACE) capture.interfaces.push(optionOf(body.subarray(8), NAME).toString());
    if (type === PACKET) capture.frames.push(packetOf(body, capture.interfaces));
    at += length;
  }
  return capture;
}

function packetOf(body: Buffer, interfaces: readonly string[]): ReadCapture['frames'][number] {
  const port = interfaces[body.readUInt32LE(0)];
  if (port === undefined) throw new Error('A frame comes before its interface.');
  const length = body.readUInt32LE(12);
  const flags = optionOf(body.subarray(20 + Math.ceil(length / 4) * 4), FLAGS).readUInt32LE();
  return { port, direction: (flags & 3) === 1 ? 'in' : 'out', frame: body.subarray(20, 20 + length) };
}

function optionOf(options: Buffer, wanted: number): Buffer {
  for (let at = 0; at < options.length; ) {
    const [code, length] = [options.readUInt16LE(at), options.readUInt16LE(at + 2)];
    if (code === wanted) return options.subarray(at + 4, at + 4 + length);
    at += 4 + Math.ceil(length / 4) * 4;
  }
  throw new Error(`There is no option ${wanted}.`);
}
