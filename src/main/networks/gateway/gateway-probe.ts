import type { RuleId } from './policy.ts';

/** Watches what the gateway does with one frame of a probe, which it treats as it would the machine's own. */
export interface GatewayProbe {
  /** The gateway refused the frame by this rule; it counts and keeps nothing of that. */
  onRefused(rule: RuleId): void;
  /**
   * The gateway is about to open a socket to this place on the host's side.
   * @returns whether it may; otherwise the frame ends here and nothing is sent
   */
  onOutside(protocol: 'tcp' | 'udp', address: string, port: number): boolean;
}
