import { randomBytes, randomUUID } from 'node:crypto';
import { SECTOR } from '../../image-file.ts';

/** The text that says what a VMDK is made of: Virtual Disk Format 5.0, "The Descriptor File". */
export interface VmdkDescriptor {
  /** Such as `monolithicSparse`; empty when it does not say. */
  createType: string;
  /** What it says about the image that it builds on; null when it stands alone. */
  parentHint: string | null;
  extents: VmdkExtent[];
  /** Place, in bytes, and digits of the content's id within the text, which changes with the contents. */
  contentId: { offset: number; digits: number } | null;
}

export interface VmdkExtent {
  sizeBytes: number;
  /** `FLAT`, `SPARSE`, `VMFS`, … */
  type: string;
  fileName: string;
  offsetBytes: number;
}

const NO_PARENT = 'ffffffff';
const MAX_EXTENTS = 1000;

/** @param bytes the descriptor, with the zeros that may follow it. Never throws: what is not there is left out. */
export function parseDescriptor(bytes: Buffer): VmdkDescriptor {
  const end = bytes.indexOf(0);
  const text = end < 0 ? bytes : bytes.subarray(0, end);
  const body = text.toString('utf8');
  const value = (key: string) => new RegExp(`^${key}[ \\t]*=[ \\t]*"?([^"\\r\\n]*)`, 'im').exec(body)?.[1]?.trim();
  const isAlone = (value('parentCID') ?? NO_PARENT).toLowerCase() === NO_PARENT;
  const contentId = /^CID=([\da-f]{1,8})\b/im.exec(text.toString('latin1'));
  return {
    createType: value('createType') ?? '',
    parentHint: value('parentFileNameHint') ?? (isAlone ? null : ''),
    extents: [...body.matchAll(EXTENT)].slice(0, MAX_EXTENTS).map(([, sectors, type, fileName, offset]) => ({
      sizeBytes: Number(sectors) * SECTOR,
      type: (type ?? '').toUpperCase(),
      fileName: fileName ?? '',
      offsetBytes: Number(offset ?? 0) * SECTOR,
    })),
    contentId: contentId ? { offset: contentId.index + 'CID='.length, digits: contentId[1]?.length ?? 0 } : null,
  };
}

const EXTENT =
  /^(?:RW|RDONLY)[ \t]+(\d{1,15})[ \t]+([A-Z]+)[ \t]+"([^"\r\n]{1,1000})"(?:[ \t]+(\d{1,15}))?[ \t]*\r?$/gim;

/** New digits for the id of the contents. */
export function newContentId(digits: number): string {
  return randomBytes(4).toString('hex').slice(0, digits);
}

/** The descriptor of a new image. @param fileName of the image itself, without folder. */
export function encodeDescriptor(createType: string, sizeBytes: number, fileName: string): string {
  const sectors = sizeBytes / SECTOR;
  return `# Disk DescriptorFile
version=1
CID=${newContentId(8)}
parentCID=${NO_PARENT}
createType="${createType}"

# Extent description
RW ${sectors} SPARSE "${fileName.replaceAll(/["\r\n]/g, '_')}"

# The Disk Data Base
#DDB

ddb.virtualHWVersion = "4"
ddb.geometry.cylinders = "${Math.floor(sectors / 63 / 16)}"
ddb.geometry.heads = "16"
ddb.geometry.sectors = "63"
ddb.adapterType = "ide"
ddb.uuid.image = "${randomUUID()}"
`;
}
