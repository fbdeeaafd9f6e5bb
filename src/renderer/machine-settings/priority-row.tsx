import { Select } from '@mantine/core';
import { Resources } from '../../shared/model/resources.ts';
import { FormRow } from '../components/form-row.tsx';
import { PRIORITY_LABELS } from '../machine-details/board-words.ts';
import { isLocked, message, type SettingsPageProps } from './settings-page.ts';

const { priority: Priority } = Resources.shape;

/** The priority of the machine's process among all programs of the host. */
export function PriorityRow(props: SettingsPageProps) {
  const { config, onChange } = props;
  const { note } = message(props, 'resources.priority');
  return (
    <FormRow label="Priority" note={note ?? 'Among all programs of this computer; raising it needs a permission'}>
      <Select
        aria-label="Priority"
        data={Priority.options.map((value) => ({ value, label: PRIORITY_LABELS[value] }))}
        value={config.resources.priority}
        onChange={(value) => onChange({ resources: { ...config.resources, priority: Priority.parse(value) } })}
        allowDeselect={false}
        disabled={isLocked(props, 'always')}
      />
    </FormRow>
  );
}
