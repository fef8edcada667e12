import { execFile, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { completionScript, shells } from '@skaha/terminal/completion/scripts.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../../../client/tests/config/fixtures.js';
import { runSkaha } from '../harness.js';

const run = promisify(execFile);
const shipped = fileURLToPath(new URL('../../../client/bin/skaha.js', import.meta.url));

const isThere = (program: string) => spawnSync(program, ['--version']).error === undefined;

/** How each shell checks a script without running it. */
const checks = {
  bash: ['bash', '-n'],
  zsh: ['zsh', '-n'],
  fish: ['fish', '--no-execute'],
} as const;

describe('the scripts', () => {
  test.each(shells)('%s: printed as they are, without configuration', async (name) => {
    const { status, stdout, stderr } = await runSkaha(['completion', name]);
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: completionScript(name, 'skaha'),
      stderr: '',
    });
    expect(stdout).toContain('__complete "--current=');
  });

  for (const [name, [program, ...options]] of Object.entries(checks)) {
    const reason = isThere(program) ? '' : ` (skipped: ${program} is not installed)`;
    test.skipIf(reason !== '')(`${name}: a script without a fault${reason}`, async () => {
      const file = join(await temporaryDirectory(), 'script');
      await writeFile(
        file,
        completionScript(name === 'bash' ? 'bash' : name === 'zsh' ? 'zsh' : 'fish', 'skaha'),
      );
      await run(program, [...options, file]);
    });
  }

  test('an unknown shell is refused', async () => {
    const { status, stderr } = await runSkaha(['completion', 'tcsh']);
    expect(status).toBe(2);
    expect(stderr).toContain('Valid values: bash, zsh, fish, powershell.');
  });
});

const noBash = isThere('bash') ? '' : ' (skipped: bash is not installed)';

describe.skipIf(noBash !== '')(`in bash${noBash}`, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'skaha-completion-'));
    await writeFile(join(folder, 'script'), completionScript('bash', 'skaha'));
    await writeFile(
      join(folder, 'skaha'),
      `#!/bin/sh\nexec '${process.execPath}' '${shipped}' "$@"\n`,
    );
    await chmod(join(folder, 'skaha'), 0o755);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** What bash offers for a line with the cursor at its end. */
  async function offered(line: string): Promise<string[]> {
    const words = `source '${join(folder, 'script')}'
COMP_LINE=${JSON.stringify(line)}
COMP_POINT=\${#COMP_LINE}
complete -p skaha >/dev/null || exit 9
_skaha
printf '%s\\n' "\${COMPREPLY[@]}"`;
    const env = { PATH: `${folder}:${process.env['PATH'] ?? ''}`, HOME: folder };
    const { stdout, stderr } = await run('bash', ['--norc', '-c', words], { env });
    expect(stderr).toBe('');
    return stdout.split('\n').filter((word) => word !== '');
  }

  test.each([
    ['skaha pru', ['prune']],
    ['skaha context ', ['ls', 'use', 'show', 'add', 'rm']],
    ['skaha ps --kind note', ['notebook']],
    // bash replaces only what stands behind the last '='.
    ['skaha ps --kind=note', ['notebook']],
    ['skaha ps --color always --kind=head', ['headless']],
    ['skaha crate ', []],
  ])('%j', async (line, expected) => {
    expect(await offered(line)).toEqual(expected);
  });
});
