import { Button, Group, Modal, Stack } from '@mantine/core';
import type { ReactNode } from 'react';

interface QuestionProps {
  title: string;
  children: ReactNode;
  action: string;
  isDangerous?: boolean;
  isDisabled?: boolean;
  /** Width in pixels. */
  size?: number;
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
  size = 460,
  onAction,
  onClose,
}: QuestionProps) {
  return (
    <Modal opened onClose={onClose} title={title} size={size}>
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
