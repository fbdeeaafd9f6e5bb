import { Button, Group, Modal, Stack } from '@mantine/core';
import type { ReactNode } from 'react';

interface QuestionProps {
  title: string;
  children: ReactNode;
  action: string;
  isDangerous?: boolean;
  isDisabled?: boolean;
  onAction(): void;
  onClose(): void;
}

/** A question with one answer that does something. Esc and Cancel do nothing. */
export function Question({
  title,
  children,
  action,
  isDangerous = false,
  isDisabled = false,
  onAction,
  onClose,
}: QuestionProps) {
  return (
    <Modal opened onClose={onClose} title={title} size={460}>
      <Stack gap="sm">
        {children}
        <Group justify="flex-end" gap="xs" mt="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            {...(isDangerous ? { color: 'red' } : {})}
            disabled={isDisabled}
            data-autofocus
            onClick={() => {
              onClose();
              onAction();
            }}
          >
            {action}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
