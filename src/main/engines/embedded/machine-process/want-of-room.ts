/** A full disk, a full quota, a file as large as it may be: all three end when somebody makes room. */
export function isForWantOfRoom(error: unknown): boolean {
  return error instanceof Error && ['ENOSPC', 'EDQUOT', 'EFBIG'].includes((error as NodeJS.ErrnoException).code ?? '');
}
