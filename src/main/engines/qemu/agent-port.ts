import type { QmpCaller } from '../qmp/link.ts';
import { isRecord } from '../qmp/protocol.ts';
import { AGENT_CHARDEV } from './command-line/guest-agent.ts';

const TIMEOUT_MS = 2_000;

/**
 * Whether a program in the guest has opened the port of the guest agent (QMP reference, `query-chardev`). What is written to
 * a closed port would wait there, and reach the agent when nobody wants it any more.
 * @throws InnError `ENGINE_FAILED`, `ENGINE_TIMEOUT`
 */
export async function isAgentPortOpen(engine: QmpCaller): Promise<boolean> {
  const answer = await engine.execute('query-chardev', {}, { timeoutMs: TIMEOUT_MS });
  const ports: unknown[] = Array.isArray(answer) ? answer : [];
  return ports.some((port) => isRecord(port) && port.label === AGENT_CHARDEV && port['frontend-open'] === true);
}
