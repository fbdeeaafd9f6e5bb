let lastWords: string | undefined;

/** Notes what the emulator prints: it says there why it fails, and then only throws `unreachable`. */
export function noteEmulatorWords(words: string): void {
  lastWords = words;
}

/** Why the emulator failed, in its own words if it had any. */
export function explainFailure(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const panic = lastWords?.startsWith('panicked') ? lastWords.split('\n').at(-1) : undefined;
  return message === 'unreachable' && panic ? panic : message;
}
