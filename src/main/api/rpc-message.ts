/** Types of messages in oRPC's peer protocol that are no request: a piece of a stream, and an abort. */
const OTHER_TYPES: readonly unknown[] = [3, 4];

/**
 * Whether a value is an envelope of oRPC's peer protocol: an id (`i`), and a request (`p` with the path `u`) unless its
 * type (`t`) says otherwise. The library takes this for granted and would fail on anything else.
 */
export function isRpcMessage(data: unknown): data is string {
  if (typeof data !== 'string') return false;
  try {
    const message: unknown = JSON.parse(data);
    if (!isObject(message) || typeof message.i !== 'string' || !('p' in message || 't' in message)) return false;
    return message.t === undefined ? isRequest(message.p) : OTHER_TYPES.includes(message.t);
  } catch {
    return false; // No JSON.
  }
}

function isRequest(payload: unknown): boolean {
  return isObject(payload) && typeof payload.u === 'string' && payload.u.startsWith('/');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
