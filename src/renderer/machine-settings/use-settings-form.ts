import { schemaResolver, useForm } from '@mantine/form';
import { useState } from 'react';
import type { ErrorReport } from '../../shared/errors.ts';
import { type Issue, type Machine, MachineConfig } from '../../shared/model/machine.ts';
import { api } from '../api.ts';
import { failureIn } from '../notify.tsx';
import { useConfigCheck } from '../use-config-check.ts';

export interface SettingsForm {
  config: MachineConfig;
  /** What the schema says at once and the core a moment later. */
  issues: readonly Issue[];
  isDirty: boolean;
  canSave: boolean;
  isSaving: boolean;
  /** Somebody else saved settings since this form was filled. */
  isOvertaken: boolean;
  change(change: Partial<MachineConfig>): void;
  /** Fills the form with what is saved now. */
  reload(): void;
  /** Goes on with this form; saving overwrites the other change. */
  keepMine(): void;
  /** Why the last attempt to save was refused; null after the next change. */
  failure: ErrorReport | null;
  /** True when it is saved. A refusal leaves the form as it is. */
  save(): Promise<boolean>;
}

const validate = schemaResolver(MachineConfig, { sync: true });

/** The editing of one machine's configuration, from the revision that was on screen when it began. */
export function useSettingsForm(machine: Machine): SettingsForm {
  const form = useForm<MachineConfig>({ initialValues: machine.config, validate, validateInputOnChange: true });
  const [revision, setRevision] = useState(machine.revision);
  const [isSaving, setSaving] = useState(false);
  const [failure, setFailure] = useState<ErrorReport | null>(null);
  const config = form.values;
  const check = useConfigCheck(config, machine.id);
  const ownIssues = schemaIssues(config);
  const issues = ownIssues.length > 0 ? ownIssues : check.issues;
  const isDirty = JSON.stringify(config) !== JSON.stringify(machine.config);
  const isOvertaken = revision !== machine.revision;
  const save = async () => {
    if (!isDirty) return true;
    setSaving(true);
    const problem = await failureIn(() => api.machine.configure({ machine: machine.id, revision, config }));
    setSaving(false);
    setFailure(problem);
    return problem === null;
  };
  return {
    config,
    issues,
    isDirty,
    isSaving,
    isOvertaken,
    canSave:
      !isOvertaken && ownIssues.length === 0 && check.isCurrent && issues.every((issue) => issue.severity !== 'error'),
    failure,
    change: (change) => {
      setFailure(null);
      form.setValues(change);
    },
    reload: () => {
      form.setValues(machine.config);
      setRevision(machine.revision);
    },
    keepMine: () => setRevision(machine.revision),
    save,
  };
}

function schemaIssues(config: MachineConfig): Issue[] {
  const parsed = MachineConfig.safeParse(config);
  if (parsed.success) return [];
  return parsed.error.issues.map(({ path, message }) => ({ severity: 'error', field: path.join('.'), message }));
}
