import { openImage } from '../../src/main/media/formats/formats.ts';
import { MediumFormat } from '../../src/shared/model/medium.ts';
import { stampedWrite, WRITES_PER_FLUSH } from './stamped-writes.ts';

/** Writes to an image for ever, and tells after each flush what surely is in it. To be killed. Arguments: format, image. */
const [format, path = ''] = process.argv.slice(2);
const disk = await openImage(path, MediumFormat.parse(format), { isReadOnly: false });
for (let number = 1; ; number += 1) {
  const { offset, data } = stampedWrite(number, disk.sizeBytes);
  await disk.write(offset, data);
  if (number % WRITES_PER_FLUSH !== 0) continue;
  await disk.flush();
  process.stdout.write(`${number}\n`);
}
