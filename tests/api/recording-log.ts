import type { ApiLog } from '../../src/main/api/services.ts';

/** Keeps what is logged, for tests to look at. */
export class RecordingLog implements ApiLog {
  readonly entries: { level: 'info' | 'warn' | 'error'; details: object; message: string }[] = [];

  info(details: object, message: string): void {
    this.entries.push({ level: 'info', details, message });
  }

  warn(details: object, message: string): void {
    this.entries.push({ level: 'warn', details, message });
  }

  error(details: object, message: string): void {
    this.entries.push({ level: 'error', details, message });
  }
}
