// @ts-check

/**
 * Prints findings, one a line, and fails the process when there are any.
 *
 * @param {string} what - name of the check
 * @param {readonly string[]} findings
 */
export function report(what, findings) {
  if (findings.length === 0) return;
  process.exitCode = 1;
  for (const finding of findings) process.stdout.write(`${finding}\n`);
  process.stdout.write(`${what}: ${findings.length} to repair.\n`);
}
