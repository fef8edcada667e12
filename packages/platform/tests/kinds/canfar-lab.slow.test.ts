import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { probeSandbox } from '@skaha/platform-local/sandbox/probe.js';
import { beforeAll, expect, test } from 'vitest';
import {
  installed,
  type PythonPackages,
  pythonEnv,
  systemPython,
} from '../../../../scripts/tests/python-packages.js';
import { create, logs, testPlatform, until } from '../fixtures.js';

// What the documentation says of canfar-lab in a session. Sandboxes see the system's Python alone.

const run = promisify(execFile);

let found: PythonPackages = { reason: 'not prepared' };

beforeAll(async () => {
  const probe = await probeSandbox();
  if ('obstacle' in probe) found = { reason: probe.obstacle };
  else if (!existsSync(systemPython)) found = { reason: 'the system has no Python' };
  else found = await installed('clients');
  if ('reason' in found) return;
  // Sessions cannot keep what they have compiled, and each command would compile all of it again.
  const options = { env: { ...pythonEnv(), HOME: join(found.bin, '..') } };
  for (const words of [['status'], ['save', '--list'], ['kernel', 'ensure', '--help']])
    await run(join(found.bin, 'canfar-lab'), words, options).catch(() => undefined);
}, 900_000);

const commands = [
  'status --json',
  'env export',
  'init one --no-git',
  'init two --uv --no-git',
  'save mine',
  'save --list --json',
  'resume mine --yes',
  'kernel ensure',
] as const;

const script = `
lab() { echo "== $*"; /lab/bin/python /lab/bin/canfar-lab "$@" 2>&1; echo "exit $?: $*"; }
export PATH=/lab/bin:$PATH PIP_RETRIES=0
lab status --json
lab env export
lab init one --no-git
lab init two --uv --no-git
mkdir -p /scratch/src/mine && cd /scratch/src/mine
printf '[project]\\nname = "mine"\\nversion = "0"\\nrequires-python = ">=3.11"\\n' > pyproject.toml
lab save mine
lab save --list --json
cd /scratch && rm -rf /scratch/src/mine
lab resume mine --yes
ls /scratch/src/mine
lab kernel ensure
`;

test('canfar-lab in a session: what works, and what it needs', async ({ skip }) => {
  if ('reason' in found) return skip(found.reason);
  const mounts = [{ source: dirname(found.bin), target: '/lab', readOnly: true }];
  const platform = await testPlatform({ runner: 'sandbox', config: { sandbox: { mounts } } });
  writeFileSync(join(platform.home, 'lab.sh'), script);
  const id = await create(platform, { cmd: '/bin/sh', args: 'lab.sh' });
  // Each begins a Python of its own, which takes its time.
  for (const command of commands) {
    const isOver = async () => (await logs(platform, id)).includes(`: ${command}\n`);
    // The last of them makes an environment first.
    await until(isOver).catch(() => until(isOver));
  }
  const said = await logs(platform, id);
  const told = Object.fromEntries(
    commands.map((command) => [command, said.split(`== ${command}\n`)[1]?.split('\n== ')[0] ?? '']),
  );
  expect(told['status --json']).toMatch(/"path": "\/scratch"[\s\S]*^exit 0:/m);
  expect(told['env export']).toMatch(/^export SRCDIR=\/scratch\/src$[\s\S]*^exit 0:/m);
  expect(told['init one --no-git']).toContain('Required command not found: pixi');
  expect(told['init two --uv --no-git']).toContain('Required command not found: uv');
  expect(told['save mine']).toMatch(/\.astroai\/lab\/saves\/mine[\s\S]*^exit 0:/m);
  expect(told['save --list --json']).toMatch(/"name": "mine"/);
  expect(told['resume mine --yes']).toMatch(/not found: uv[\s\S]*^pyproject\.toml$/m);
  // Sessions have no network here.
  expect(told['kernel ensure']).toMatch(/install -q ipykernel[\s\S]*^exit 1:/m);
}, 600_000);
