import { Button, Checkbox, Modal, TextInput } from '@mantine/core';
import { schemaResolver, useForm } from '@mantine/form';
import { useMemo, useState } from 'react';
import type { ErrorReport } from '../../shared/errors.ts';
import type { Issue } from '../../shared/model/machine.ts';
import { api } from '../api.ts';
import { EngineSelect } from '../components/engine-select.tsx';
import { FailureLine } from '../components/failure-line.tsx';
import { FormRow, FormSection } from '../components/form-row.tsx';
import { OsTypeSelect } from '../components/os-type-select.tsx';
import { lacksAbility, useEngines } from '../engines.ts';
import { freeName } from '../free-name.ts';
import { attempt, failureIn } from '../notify.tsx';
import { useMachines } from '../store.ts';
import { type ConfigCheck, issueAt, useConfigCheck } from '../use-config-check.ts';
import { showConsole, showTab } from '../view.ts';
import { HardwareSection } from './hardware-section.tsx';
import classes from './new-machine.module.css';
import {
  draftConfig,
  EMPTY_FORM,
  missingFrom,
  mistakeIn,
  NewMachineForm,
  summaryOf,
  toCreateInput,
  withGuess,
  withOsType,
  withSource,
} from './new-machine-form.ts';
import { SourceChoice } from './source-choice.tsx';
import { SourceFiles } from './source-files.tsx';

/** One page from a name to a running machine; what is left alone is recommended by the OS type. */
export function NewMachineDialog({ onClose }: { onClose(): void }) {
  const machines = useMachines();
  const taken = useMemo(() => [...machines.values()].map((machine) => machine.config.name), [machines]);
  const form = useForm<NewMachineForm>({
    initialValues: EMPTY_FORM,
    validate: schemaResolver(NewMachineForm, { sync: true }),
    validateInputOnChange: true,
  });
  const check = useConfigCheck(draftConfig(form.values), null);
  const issues = check.issues.filter(({ field }) => !/^(storage|bootOrder|adapters)/.test(field));
  const mistake = mistakeIn(form.values);
  const [isWorking, setWorking] = useState(false);
  const [failure, setFailure] = useState<ErrorReport | null>(null);
  const canCreate =
    NewMachineForm.safeParse(form.values).success &&
    check.isCurrent &&
    issues.every((issue) => issue.severity !== 'error');

  const change = (next: NewMachineForm) => {
    setFailure(null);
    form.setValues(next);
  };
  const setName = (name: string) => change(withGuess({ ...form.values, name }));
  const create = async () => {
    setWorking(true);
    const problem = await failureIn(() => createMachine(form.values));
    setWorking(false);
    setFailure(problem);
    if (problem === null) onClose();
  };

  return (
    <Modal opened onClose={onClose} title="New machine" size={720} classNames={{ body: classes.body ?? '' }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (canCreate) void create();
        }}
      >
        <div className={classes.sections}>
          <FormSection title="What to run">
            <FormRow label="Name">
              <TextInput
                aria-label="Name"
                data-autofocus
                placeholder="Such as Debian web"
                value={form.values.name}
                onChange={(event) => setName(event.currentTarget.value)}
                error={mistake?.field === 'name' ? mistake.message : errorText(issues, 'name')}
              />
            </FormRow>
            <FormRow label="Start from">
              <SourceChoice
                value={form.values.source}
                onChange={(source) => {
                  const name =
                    form.values.name === '' && source === 'demo' ? freeName('Demo', taken) : form.values.name;
                  change(withSource({ ...form.values, name }, source));
                }}
              />
            </FormRow>
            <SourceFiles form={form.values} onChange={(next) => change(withGuess(next))} />
            <FormRow label="OS type" note={errorText(issues, 'osType')}>
              <OsTypeSelect
                value={form.values.osType}
                disabled={form.values.source === 'demo'}
                onChange={(id) => change({ ...withOsType(form.values, id), isOsTypeChosen: true })}
              />
            </FormRow>
          </FormSection>
          <HardwareSection form={form.values} issues={issues} onChange={change} />
          <EngineSection form={form.values} check={check} onChange={change} />
        </div>
        <Footer
          form={form.values}
          issues={issues}
          failure={failure}
          canCreate={canCreate}
          isWorking={isWorking}
          onClose={onClose}
          onChange={change}
        />
      </form>
    </Modal>
  );
}

async function createMachine(form: NewMachineForm): Promise<void> {
  const machine = await api.machine.create(toCreateInput(form));
  if (!form.startsAtOnce) return showTab(machine.id, 'details');
  showConsole(machine.id);
  void attempt(() => api.machine.start({ machine: machine.id }));
}

function errorText(issues: readonly Issue[], field: string): string | undefined {
  return issueAt(issues, field)?.message;
}

interface SectionProps {
  form: NewMachineForm;
  onChange(form: NewMachineForm): void;
}

function EngineSection({ form, check, onChange }: SectionProps & { check: ConfigCheck }) {
  const whyNoWarmStart = lacksAbility(check, 'warmStart', useEngines());
  return (
    <FormSection title="Engine">
      <FormRow label="Engine" note={check.engineReason}>
        <EngineSelect value={form.engine} onChange={(engine) => onChange({ ...form, engine })} />
      </FormRow>
      <FormRow
        label="Warm start"
        note={whyNoWarmStart ?? 'Keeps the state after the first boot, so that later starts take no time'}
      >
        <Checkbox
          label="Keep a warm start"
          checked={form.keepsWarmStart && whyNoWarmStart === null}
          onChange={(event) => onChange({ ...form, keepsWarmStart: event.currentTarget.checked })}
          disabled={whyNoWarmStart !== null}
          mt={6}
        />
      </FormRow>
    </FormSection>
  );
}

interface FooterProps extends SectionProps {
  issues: readonly Issue[];
  failure: ErrorReport | null;
  canCreate: boolean;
  isWorking: boolean;
  onClose(): void;
}

function Footer({ form, issues, failure, canCreate, isWorking, onClose, onChange }: FooterProps) {
  const problem =
    mistakeIn(form) ?? (form.name === '' ? undefined : issues.find((issue) => issue.severity === 'error'));
  return (
    <div className={classes.foot}>
      {failure !== null ? (
        <FailureLine failure={failure} />
      ) : (
        <p className={classes.summary} data-problem={problem !== undefined || undefined} role="status">
          {problem?.message ?? missingFrom(form) ?? summaryOf(form)}
        </p>
      )}
      <div className={classes.buttons}>
        <Checkbox
          label="Start at once"
          checked={form.startsAtOnce}
          onChange={(event) => onChange({ ...form, startsAtOnce: event.currentTarget.checked })}
        />
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" disabled={!canCreate} loading={isWorking}>
          Create
        </Button>
      </div>
    </div>
  );
}
