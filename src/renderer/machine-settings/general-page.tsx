import { Checkbox, Textarea, TextInput } from '@mantine/core';
import { EngineSelect } from '../components/engine-select.tsx';
import { FormRow } from '../components/form-row.tsx';
import { OsTypeSelect } from '../components/os-type-select.tsx';
import { isLocked, message, type SettingsPageProps } from './settings-page.ts';

/** Name, OS type, group, engine, template mark, description. */
export function GeneralPage(props: SettingsPageProps) {
  const { config, onChange } = props;
  const isOff = isLocked(props, 'off');
  const isBusy = isLocked(props, 'always');
  return (
    <>
      <FormRow label="Name">
        <TextInput
          aria-label="Name"
          data-autofocus
          value={config.name}
          onChange={(event) => onChange({ name: event.currentTarget.value })}
          error={message(props, 'name').error}
          disabled={isBusy}
        />
      </FormRow>
      <FormRow
        label="OS type"
        note={message(props, 'osType').note ?? 'A change of the type leaves the hardware as it is'}
      >
        <OsTypeSelect value={config.osType} onChange={(osType) => onChange({ osType })} disabled={isOff} />
      </FormRow>
      <FormRow label="Group" note="A path such as /Lab/Web; / is no group">
        <TextInput
          aria-label="Group"
          value={config.group}
          onChange={(event) => onChange({ group: event.currentTarget.value })}
          error={message(props, 'group').error}
          disabled={isBusy}
        />
      </FormRow>
      <FormRow label="Engine" note={message(props, 'engine').note}>
        <EngineSelect value={config.engine} onChange={(engine) => onChange({ engine })} disabled={isOff} />
      </FormRow>
      <FormRow label="Template" note="It cannot be started, only cloned: it stays as it is">
        <Checkbox
          label="Keep as a template for new machines"
          checked={config.isTemplate}
          onChange={(event) => onChange({ isTemplate: event.currentTarget.checked })}
          error={message(props, 'isTemplate').error}
          disabled={isOff}
          mt={6}
        />
      </FormRow>
      <FormRow label="Description">
        <Textarea
          aria-label="Description"
          value={config.description}
          onChange={(event) => onChange({ description: event.currentTarget.value })}
          autosize
          minRows={4}
          maxRows={9}
          disabled={isBusy}
        />
      </FormRow>
    </>
  );
}
