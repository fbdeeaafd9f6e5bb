import { useEffect, useState } from 'react';
import type * as z from 'zod';
import type { EngineId } from '../shared/model/engine.ts';
import { type Issue, MachineConfig, type MachineId } from '../shared/model/machine.ts';
import { api } from './api.ts';

export interface ConfigCheck {
  issues: readonly Issue[];
  /** Null when no engine can run it, or it is not known yet. */
  engine: EngineId | null;
  engineReason: string;
  /** False while the answer for the present configuration is on its way. */
  isCurrent: boolean;
}

const NOTHING: ConfigCheck = { issues: [], engine: null, engineReason: '', isCurrent: false };
const QUIET_MS = 180;

/**
 * Asks the core what would be wrong with the configuration, a moment after the last change. Configurations that do not
 * even have the right form are not sent: the form's own schema says so at once.
 */
export function useConfigCheck(config: z.input<typeof MachineConfig>, machine: MachineId | null): ConfigCheck {
  const text = JSON.stringify(config);
  const [answer, setAnswer] = useState<{ text: string; check: ConfigCheck }>({ text: '', check: NOTHING });
  useEffect(() => {
    const parsed = MachineConfig.safeParse(JSON.parse(text));
    if (!parsed.success) return;
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      const input = { config: parsed.data, ...(machine === null ? {} : { machine }) };
      try {
        const check = await api.machine.check(input);
        if (!stop.signal.aborted) setAnswer({ text, check: { ...check, isCurrent: true } });
      } catch {
        // Without an answer the form goes by its own schema; saving asks the core again in any case.
      }
    }, QUIET_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [text, machine]);
  return answer.text === text ? answer.check : { ...answer.check, isCurrent: false };
}

/** The first message about a field or something inside it, errors before warnings. */
export function issueAt(issues: readonly Issue[], field: string): Issue | undefined {
  const about = issues.filter((issue) => issue.field === field || issue.field.startsWith(`${field}.`));
  return about.find((issue) => issue.severity === 'error') ?? about[0];
}
