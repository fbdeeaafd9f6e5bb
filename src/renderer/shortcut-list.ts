/** Keys of the whole window, after the field's custom. Those of the list are with the list, of the console with it. */
export const SHORTCUTS: readonly { keys: string; does: string }[] = [
  { keys: 'Ctrl+N', does: 'New machine' },
  { keys: 'Ctrl+S', does: 'Settings' },
  { keys: 'Ctrl+P', does: 'Pause or resume' },
  { keys: 'Ctrl+L', does: 'Show the log' },
  { keys: 'Ctrl+D', does: 'Media Manager' },
  { keys: 'Ctrl+F', does: 'Search machines' },
  { keys: 'Ctrl+K', does: 'Command palette' },
  { keys: 'Enter', does: 'Start or show the machine, in the list' },
  { keys: 'Del', does: 'Remove the machine, in the list' },
  { keys: 'Right Ctrl', does: 'Host key: give keyboard and mouse back, in the console' },
  { keys: 'Host+F', does: 'Full screen' },
  { keys: 'Host+C', does: 'Scale to fit, or actual size' },
  { keys: 'Host+Del', does: 'Ctrl+Alt+Del to the guest' },
  { keys: 'Host+P', does: 'Pause' },
  { keys: 'Host+E', does: 'Take a screenshot' },
  { keys: 'Host+H', does: 'ACPI shutdown' },
];
