/** A new address of the block that guests have by custom: locally administered, unicast. */
export function randomMac(random = crypto.getRandomValues(new Uint8Array(3))): string {
  const tail = [...random].map((byte) => byte.toString(16).padStart(2, '0'));
  return ['52', '54', '00', ...tail].join(':');
}
