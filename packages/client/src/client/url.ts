import { withoutTrailingSlashes } from '@skaha/base/trailing-slashes.js';
import { ValidationError, type ValidationIssue } from '../errors/index.js';
import type { Connection } from '../runtime/types.js';
import { throwIssues } from './options.js';
import type { ClientRequest } from './request.js';

/**
 * The address of a request: root, API version and segments joined by exactly one slash.
 *
 * @param connection - where to
 * @param request - its segments are encoded; `.` and `..` are refused, as they would climb out
 * @throws {ValidationError} for an empty or climbing segment
 */
export function requestUrl(connection: Connection, request: ClientRequest): string {
  for (const segment of request.path) {
    if (segment === '' || segment === '.' || segment === '..') {
      throw new ValidationError([
        { path: 'path', message: `The path cannot contain "${segment}".` },
      ]);
    }
  }
  const root = withoutTrailingSlashes(connection.root);
  const segments = request.base === 'root' ? request.path : [connection.version, ...request.path];
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined) query.append(name, value);
  }
  const address = [root, ...segments.map(encodeURIComponent)].join('/');
  return query.size === 0 ? address : `${address}?${query}`;
}

/** What servers call a session or an app: a word of letters, digits and inner punctuation. */
const idPattern = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

/**
 * Checks ids before they become part of an address.
 *
 * @param ids - as the caller gave them
 * @param path - name of the argument
 * @throws {ValidationError} naming every one that cannot be an id
 */
export function checkIds(ids: readonly string[], path = 'ids'): void {
  const issues: ValidationIssue[] = [];
  ids.forEach((id, index) => {
    if (typeof id === 'string' && idPattern.test(id)) return;
    const shown = typeof id === 'string' ? JSON.stringify(id.slice(0, 80)) : typeof id;
    issues.push({ path: `${path}.${index}`, message: `${shown} is not a session id.` });
  });
  throwIssues(issues);
}
