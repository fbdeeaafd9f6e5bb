import { readFile, rm } from 'node:fs/promises';
import { InnError } from '../../../shared/errors.ts';
import type { Screenshot } from '../engine.ts';
import type { QmpCaller } from '../qmp/link.ts';
import { pngFromPpm } from './ppm.ts';

/** Where width and height stand in a PNG: in its first chunk (PNG specification, 5.6 and 11.2.1). */
const PNG = { signature: '\x89PNG', widthAt: 16, heightAt: 20 };

/**
 * Has QEMU write the screen to a file of the runtime folder, and reads it.
 * @throws InnError `ENGINE_FAILED`
 */
export async function takeScreenshot(engine: QmpCaller, file: string): Promise<Screenshot> {
  try {
    await dumpScreen(engine, file);
    const image = await readFile(file);
    const png = image.toString('latin1', 0, 4) === PNG.signature ? image : await pngFromPpm(image);
    return { width: png.readUInt32BE(PNG.widthAt), height: png.readUInt32BE(PNG.heightAt), png };
  } finally {
    await rm(file, { force: true });
  }
}

/** Before 7.1, or built without libpng, QEMU writes PPM only. */
async function dumpScreen(engine: QmpCaller, filename: string): Promise<void> {
  try {
    await engine.execute('screendump', { filename, format: 'png' });
  } catch (error) {
    if (!(error instanceof InnError) || error.details?.errorClass === undefined) throw error;
    await engine.execute('screendump', { filename });
  }
}
