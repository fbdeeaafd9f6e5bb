import { openImage } from '../../src/main/media/formats/formats.ts';
import { openRawFile } from '../../src/main/media/formats/raw-file.ts';
import { stampedWrite, WRITES_PER_FLUSH } from './stamped-writes.ts';

/** Writes to an image for ever, and tells after each flush what surely is in it. To be killed. Arguments: image, backing image. */
const [path = '', backingPath = ''] = process.argv.slice(2);
const openBacking = () => openRawFile(backingPath, { isReadOnly: true });
const disk = await openImage(path, 'qcow2', { isReadOnly: false, openBacking });
for (let number = 1; ; number++) {
  const { offset, data } = stampedWrite(number, disk.sizeBytes);
  await disk.write(offset, data);
  if (number % WRITES_PER_FLUSH !== 0) continue;
  await disk.flush();
  process.stdout.write(`${number}\n`);
}
