import { SegmentedControl, Select } from '@mantine/core';
import { FormRow } from '../components/form-row.tsx';
import { type ImageChoice, NEW_FORMATS, VARIANT_LABELS, variantsOf, withFormat } from './image-choice.ts';

interface ImageFieldsProps {
  choice: ImageChoice;
  /** A copy may be compressed. */
  isCopy: boolean;
  onChange(choice: ImageChoice): void;
}

/** Format of a new image, and how it takes space. */
export function ImageFields({ choice, isCopy, onChange }: ImageFieldsProps) {
  const found = NEW_FORMATS.find(({ format }) => format === choice.format);
  const variants = variantsOf(choice.format, isCopy);
  return (
    <>
      <FormRow label="Format" note={found?.note}>
        <Select
          aria-label="Format"
          data={NEW_FORMATS.map(({ format, label }) => ({ value: format, label }))}
          value={choice.format}
          onChange={(value) => {
            const next = NEW_FORMATS.find(({ format }) => format === value);
            if (next) onChange(withFormat(choice, next.format, isCopy));
          }}
        />
      </FormRow>
      {variants.length > 0 && (
        <FormRow label="Space" note={SPACE_NOTES[choice.variant]}>
          <SegmentedControl
            aria-label="Space"
            data={variants.map((variant) => ({ value: variant, label: VARIANT_LABELS[variant] }))}
            value={choice.variant}
            onChange={(value) => {
              const variant = variants.find((each) => each === value);
              if (variant) onChange({ ...choice, variant });
            }}
          />
        </FormRow>
      )}
    </>
  );
}

const SPACE_NOTES = {
  dynamic: 'The file grows as the guest writes.',
  fixed: 'The file has its full length from the beginning.',
  streamOptimized: 'Small, for sending to others. It can be read, but not written.',
} as const;
