import { Select } from '@mantine/core';
import { OS_TYPES, type OsType, osTypeOf } from '../../shared/os-types.ts';
import { OsIcon } from './os-icon.tsx';
import classes from './os-type-select.module.css';

const FAMILIES: Record<OsType['family'], string> = {
  linux: 'Linux',
  windows: 'Windows',
  bsd: 'BSD',
  other: 'Other',
};

const DATA = (Object.keys(FAMILIES) as OsType['family'][]).map((family) => ({
  group: FAMILIES[family],
  items: OS_TYPES.filter((type) => type.family === family).map(({ id, label }) => ({ value: id, label })),
}));

/** The guest operating system, by family; type to search. */
export function OsTypeSelect(props: { value: string; onChange(osType: string): void; disabled?: boolean }) {
  const { value, onChange, disabled = false } = props;
  return (
    <Select
      aria-label="OS type"
      data={DATA}
      value={osTypeOf(value).id}
      onChange={(next) => next !== null && onChange(next)}
      searchable
      disabled={disabled}
      leftSection={<OsIcon osType={value} size={18} />}
      maxDropdownHeight={300}
      renderOption={({ option }) => (
        <span className={classes.option}>
          <OsIcon osType={option.value} size={18} />
          {option.label}
        </span>
      )}
    />
  );
}
