import { InnError, toErrorReport } from '../../../../shared/errors.ts';
import { openChain } from '../../../media/formats/backing-chain.ts';
import type { BlockDevice } from '../../../media/formats/block-device.ts';
import { log } from '../../../processes/process-log.ts';
import { childIndex, type DiskMerge, imagesAfter, imagesOf } from '../../disk-merge.ts';
import type { ResolvedMedium } from '../../start-spec.ts';
import type { Drive } from './drives.ts';
import { copyDown, copyUp, mirrored, openMergeChain } from './merge-chain.ts';
import type { V86Disk } from './v86-disk-buffer.ts';
import { isForWantOfRoom } from './want-of-room.ts';

type Images = ReturnType<typeof imagesOf>;
type OpenImages = (images: Images) => Promise<BlockDevice>;

export type LiveMergeStatus = 'copying' | 'ready' | 'finished' | 'cancelled' | 'failed';

/**
 * Merges two images of a drive while the guest uses it. The guest's requests and the copying take turns. From `ready` on
 * the files show the same whichever way they are looked at, and stay so until `finish`: what the guest writes goes into
 * both images.
 */
export class LiveMerge {
  status: LiveMergeStatus = 'copying';
  doneBytes = 0;
  error: ReturnType<typeof toErrorReport> | null = null;
  readonly #drive: Drive;
  readonly #disk: V86Disk;
  readonly merge: DiskMerge;
  readonly #working: Promise<void>;
  /** What the disk goes on with by this merge. */
  #present: BlockDevice | undefined;
  #isCancelled = false;

  /** @throws Error when the drive does not use these images */
  constructor(drive: Drive, merge: DiskMerge) {
    const { disk } = drive;
    if (disk === undefined) throw new Error(`There is no disk in drive '${drive.plan.id}'.`);
    childIndex(merge); // throws
    this.#drive = drive;
    this.#disk = disk;
    this.merge = merge;
    drive.isMerging = true;
    this.#working = this.#work();
  }

  get totalBytes(): number {
    return this.#disk.device.sizeBytes;
  }

  /** Resolves when nothing is copied any more. Never rejects. */
  async settled(): Promise<void> {
    await this.#working;
  }

  /** Gives the merge up, unless it is ready. Resolves when the drive is as it was. */
  async cancel(): Promise<void> {
    this.#isCancelled = true;
    await this.#working;
  }

  /**
   * Goes on without the image that is merged. The settings say so, too, by now. A disk that went on in other images since
   * then stays there: they were chosen by later settings.
   */
  async finish(): Promise<void> {
    if (this.status !== 'ready') return;
    if (this.#disk.device !== this.#present) {
      this.status = 'finished';
      return;
    }
    await this.#reopen(openAll, imagesAfter(this.merge));
    this.status = 'finished';
  }

  async #work(): Promise<void> {
    try {
      await this.#copy();
      this.status = 'ready';
    } catch (error) {
      this.status = this.#isCancelled ? 'cancelled' : 'failed';
      this.error = this.#describe(error);
      log(`merging the images of drive ${this.#drive.plan.id} ended early`, error);
      await this.#reopen(openAll).catch((cause: unknown) => {
        log(`the disk of drive ${this.#drive.plan.id} is closed`, cause);
      });
    } finally {
      this.#drive.isMerging = false;
    }
  }

  #describe(error: unknown): LiveMerge['error'] {
    if (!isForWantOfRoom(error)) return toErrorReport(error);
    const file = this.merge.way === 'down' ? this.merge.hidden : this.merge.child;
    return toErrorReport(new InnError('DISK_FULL', `there is no room left for '${file}'.`, { cause: error }));
  }

  async #copy(): Promise<void> {
    const { way } = this.merge;
    const index = childIndex(this.merge);
    const written = way === 'down' ? index + 1 : index;
    let child: BlockDevice | undefined;
    let hidden: BlockDevice | undefined;
    await this.#tryToReopen(async (images) => {
      const devices = await openMergeChain(images, written);
      [child, hidden] = [devices[index], devices[index + 1]];
      const [top] = devices;
      if (!top || !child || !hidden) throw new Error('The chain of images is too short.');
      return way === 'down' && index === 0 ? mirrored(top, hidden) : top;
    });
    if (!child || !hidden) return;
    const [upper, lower] = [child, hidden];
    const copyNext = way === 'down' ? copyDown : copyUp;
    while (this.doneBytes < upper.sizeBytes) {
      if (this.#isCancelled) throw new Error('cancelled');
      this.doneBytes += await this.#disk.alone(() => copyNext(upper, lower, this.doneBytes));
    }
    await this.#disk.alone(() => (way === 'down' ? lower : upper).flush());
  }

  /** Lets the disk go on with the images opened anew; the old ones are closed before, as no file may be open twice. */
  async #reopen(open: OpenImages, images = imagesOf(this.merge)): Promise<void> {
    await this.#disk.alone(async () => {
      await this.#disk.device.flush();
      await this.#disk.device.close();
      this.#present = await open(images);
      this.#disk.replaceDevice(this.#present);
      const [top, ...backing] = images;
      const { medium } = this.merge.drive;
      if (top && medium) this.#drive.medium = { ...medium, ...top, backing } satisfies ResolvedMedium;
    });
  }

  /** As `#reopen`; when that fails, with the images as they were. */
  async #tryToReopen(open: OpenImages): Promise<void> {
    let failure: unknown;
    await this.#reopen((images) =>
      open(images).catch((error: unknown) => {
        failure = error;
        return openAll(images);
      }),
    );
    if (failure !== undefined) throw failure;
  }
}

async function openAll([top, ...rest]: Images): Promise<BlockDevice> {
  if (top === undefined) throw new Error('There is no image.');
  return openChain([top, ...rest], { isReadOnly: false });
}
