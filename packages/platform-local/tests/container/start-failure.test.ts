import { expect, test } from 'vitest';
import { EngineError } from '../../src/container/engine-error.js';
import { startFailure } from '../../src/container/start-failure.js';

const refused = (message: string) => new EngineError(message, { status: 500 });

test.each([
  [
    'runc, Podman',
    'runc: runc create failed: unable to start container process: exec: "fit": executable file not found in $PATH: OCI runtime attempted to invoke a command that was not found',
    127,
  ],
  [
    'runc, Docker',
    'failed to create task for container: OCI runtime create failed: runc create failed: unable to start container process: exec: "fit": permission denied: unknown',
    127,
  ],
  [
    'crun',
    'crun: executable file `fit` not found in $PATH: No such file or directory: OCI runtime attempted to invoke a command that was not found',
    127,
  ],
  ['crun, a directory', 'crun: open executable: Permission denied: OCI permission denied', 127],
  ['another processor', 'exec /usr/bin/fit: exec format error', 126],
])('a command that cannot be started is told from other failures: %s', (_, message, status) => {
  const failure = startFailure(refused(message), 'fit');
  expect(failure?.status).toBe(status);
  expect(failure?.line).toMatch(/^cannot run "fit": .*\n$/);
});

test.each([
  ['a mount', 'error mounting "/data" to rootfs at "/data": no such file or directory'],
  ['a limit', 'error setting rlimit type 6: operation not permitted: OCI permission denied'],
])('%s that fails is no missing command', (_, message) => {
  expect(startFailure(refused(message), 'fit')).toBeUndefined();
});

test('an engine that does not answer says nothing about the command', () => {
  expect(startFailure(new EngineError('exec: "fit": not found'), 'fit')).toBeUndefined();
});
