import { Code, Text, UnstyledButton } from '@mantine/core';
import { useState } from 'react';
import type { ErrorReport } from '../../shared/errors.ts';

/** The hint of a failure, and its details for who wants them. */
export function FailureText({ failure }: { failure: ErrorReport }) {
  const [isOpen, setOpen] = useState(false);
  const details = { code: failure.code, ...failure.details };
  return (
    <>
      {failure.hint !== undefined && <Text size="sm">{failure.hint}</Text>}
      <UnstyledButton fz="xs" c="dimmed" mt={2} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {isOpen ? 'Hide details' : 'Details'}
      </UnstyledButton>
      {isOpen && (
        <Code block fz="xs" mt={4}>
          {JSON.stringify(details, null, 2)}
        </Code>
      )}
    </>
  );
}
