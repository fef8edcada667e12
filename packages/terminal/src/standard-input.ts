let isOpen = false;

/** Standard input of this process. To open it takes time, so it is asked for when it is needed. */
export function standardInput(): typeof process.stdin {
  isOpen = true;
  return process.stdin;
}

/** Ends waiting for standard input: a question without an answer must not keep the process alive. */
export function closeStandardInput(): void {
  if (!isOpen) return;
  const { stdin } = process;
  if (stdin.listenerCount('readable') > 0 || stdin.readableFlowing === true) stdin.destroy();
}
