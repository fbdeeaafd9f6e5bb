export function AppDialogs() {
  return null;
}
