/** The system's own error code (`ENOSPC`, `EADDRINUSE`, …) of something that was caught. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}
