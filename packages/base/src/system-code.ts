/** The system's own error code (`ENOSPC`, `EADDRINUSE`, …) of something that was caught. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

/**
 * Tests whether an import failed because a package is not installed, not because of what the
 * package itself imports.
 *
 * @param error - that the import threw
 * @param specifier - of the package
 */
export const isNotInstalled = (error: unknown, specifier: string): boolean =>
  error instanceof Error &&
  systemCode(error) === 'ERR_MODULE_NOT_FOUND' &&
  error.message.includes(`'${specifier}'`);
