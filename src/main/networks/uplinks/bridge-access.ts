/** What the list of QEMU's bridge helper says, its included files among it. */
export interface BridgeRule {
  effect: 'allow' | 'deny';
  /** A bridge, or `all`. */
  bridge: string;
}

const MAX_DEPTH = 8;

/**
 * The rules of a list such as `/etc/qemu/bridge.conf`: a line is `allow <bridge>`, `deny <bridge>` or `include <file>`;
 * `#` begins a comment. A file that is included and cannot be read says nothing, as for the helper.
 * @param read content of a file; undefined when it cannot be read
 * @returns undefined when the list itself cannot be read
 */
export function readBridgeRules(file: string, read: (file: string) => string | undefined): BridgeRule[] | undefined {
  const text = read(file);
  return text === undefined ? undefined : rulesIn(text, read, 0);
}

/** Whether the rules let anybody onto the bridge: one `allow` is needed, and any `deny` outweighs it. */
export function isAllowed(rules: readonly BridgeRule[], bridge: string): boolean {
  const about = rules.filter((rule) => rule.bridge === bridge || rule.bridge === 'all');
  return about.length > 0 && about.every(({ effect }) => effect === 'allow');
}

function rulesIn(text: string, read: (file: string) => string | undefined, depth: number): BridgeRule[] {
  return text.split('\n').flatMap((line): BridgeRule[] => {
    const [word, argument] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (argument === undefined) return [];
    if (word === 'allow' || word === 'deny') return [{ effect: word, bridge: argument }];
    if (word !== 'include' || depth >= MAX_DEPTH) return [];
    return rulesIn(read(argument) ?? '', read, depth + 1);
  });
}
