import { version } from 'skaha';

/** The `skaha` command: runs the command line of this process. */
export async function main(argv: readonly string[] = process.argv.slice(2)): Promise<number> {
  // Answered before anything else is loaded: scripts and prompts ask it often.
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    process.stdout.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      if (code === 'EPIPE') return;
      process.stderr.write(`Error: The output cannot be written: ${message}\n`);
      process.exit(1);
    });
    process.stdout.write(`skaha ${version}\n`);
    return 0;
  }
  const { runInProcess } = await import('./process.js');
  return runInProcess(argv);
}
