/** What QEMU puts before a message: the time, when it is asked to, and its name. */
const PREFIX = /^(?:\d{4}-\d\d-\d\dT\S+Z )?(?:\S*qemu-\S+: )?/;

/** The last line in which QEMU complains, without the time and its name; undefined when there is none. */
export function lastWords(lines: readonly string[]): string | undefined {
  const line = lines.findLast((each) => each.trim() !== '' && !/\bwarning:/.test(each));
  return line?.trim().replace(PREFIX, '');
}
