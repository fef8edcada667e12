import { expect, test } from 'vitest';
import { refusal } from '../../src/hooks/refusals.js';

test.each([
  ['User ada has reached the maximum of 3 active sessions.', 'quota.exceeded', /You have 3/],
  ['pods "x" is forbidden: exceeded quota: q', 'quota.exceeded', /share/],
  ["session image 'x/y' must come from one of [a, b]", 'request.rejected', /one of \[a, b\]/],
  ['No authentication provided for unknown or private image.  Use x-', 'request.rejected', /know/],
  ['Invalid input.  Must be in form of username:secret', 'request.rejected', /credentials/],
  ["Missing parameter 'image'", 'request.rejected', /no image/],
  ['Invalid session type: bogus', 'request.rejected', /bogus/],
  ["Invalid value for 'cores': 99", 'request.rejected', /99/],
  ["name can only contain alpha-numeric chars and '-'", 'request.rejected', /name/],
  ['Illegal group reference', 'request.rejected', /character/],
  ['No active job for user x with session y', 'session.not_ready', /not running/],
  [
    'session a1 is not running: it has ended',
    'session.not_ready',
    /^The session a1 is not running: it has ended\.$/,
  ],
  [
    'No command can be run in session a1: its pod is not running',
    'session.not_ready',
    /a1: its pod is not running\.$/,
  ],
  [
    'No command can be run in session a1: this machine lacks nsenter',
    'request.rejected',
    /lacks nsenter\.$/,
  ],
  ['unrecognized action', 'request.rejected', /understand/],
  ['something new', 'request.rejected', /HTTP 400\): something new/],
  ['', 'request.rejected', /HTTP 400\)\.$/],
])('%s', (text, code, message) => {
  const error = refusal(text, { status: 400, serverMessage: text });
  expect(error).toMatchObject({ code, status: 400, hint: expect.any(String) });
  expect(error.message).toMatch(message);
});
