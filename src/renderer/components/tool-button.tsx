import { Button, Tooltip } from '@mantine/core';
import type { Icon } from '@tabler/icons-react';
import toolbar from '../toolbar.module.css';

interface ToolButtonProps {
  label: string;
  icon: Icon;
  hint: string;
  /** Why it is greyed; null when it is not. */
  reason?: string | null;
  onClick(): void;
}

/** A command of a page's toolbar. Stays focusable when it is greyed, so that its reason can be read. */
export function ToolButton({ label, icon: Glyph, hint, reason = null, onClick }: ToolButtonProps) {
  const isDisabled = reason !== null;
  return (
    <Tooltip label={reason ?? hint}>
      <Button
        variant="subtle"
        color="gray"
        className={toolbar.button ?? ''}
        leftSection={<Glyph size={16} stroke={1.7} />}
        aria-label={label}
        aria-disabled={isDisabled}
        {...(isDisabled ? { 'data-disabled': true } : {})}
        onClick={() => !isDisabled && onClick()}
      >
        {label}
      </Button>
    </Tooltip>
  );
}
